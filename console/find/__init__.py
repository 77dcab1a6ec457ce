"""Somebody is found by number only."""
