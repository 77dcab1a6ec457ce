"""Connecting to hosts that clients name: to fetch their keys, to notify them."""
