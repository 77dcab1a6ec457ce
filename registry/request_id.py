"""The id of the request that is being answered, for the log and for what follows from it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""A UUID as the client sent it in X-Request-ID, or one we made; None outside of requests."""


@contextmanager
def answering(request_id: str | None) -> Generator[None]:
    """Takes the id of a request; it is the one that is being answered, until the end."""
    token = REQUEST_ID.set(request_id)
    try:
        yield
    finally:
        REQUEST_ID.reset(token)
