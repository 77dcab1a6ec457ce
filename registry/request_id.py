"""The id of the request that is being answered, for the log and for what follows from it."""

from __future__ import annotations

from contextvars import ContextVar

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""A UUID as the client sent it in X-Request-ID, or one we made; None outside of requests."""
