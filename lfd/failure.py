"""What a command cannot do, told to a person in one line."""

from __future__ import annotations


class Failure(Exception):
    """Says what, where and what to do. Never holds personal data."""
