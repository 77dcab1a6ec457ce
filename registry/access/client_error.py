"""Why a client, or a key of it, can't be registered."""

from __future__ import annotations


class ClientError(ValueError):
    """A client can't be registered so; str() is one line that says what to change."""
