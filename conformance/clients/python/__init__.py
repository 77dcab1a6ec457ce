"""Clients written in Python."""
