"""HTTP status lines as a Bundle says them: `200 OK`."""

from __future__ import annotations

from http import HTTPStatus


def line(status: int) -> str:
    """Takes an HTTP status; returns it with its phrase."""
    return f"{status} {HTTPStatus(status).phrase}"
