"""One HTTP connection to the adapter: knows its peer's certificate, and is not slow for ever."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapter.certificate import presented
from adapter.http_authentication import CERTIFICATE

HEAD_SECONDS = 10.0


class HttpConnection(HttpToolsProtocol):
    """uvicorn's connection, closed where the head of a request takes too long to arrive.

    A connection that was opened and never used is closed by the same clock. `closed` is set when
    it has ended.
    """

    def __init__(self, head_seconds: float = HEAD_SECONDS, **of_uvicorn: Any) -> None:
        super().__init__(**of_uvicorn)
        self.closed = asyncio.Event()
        self._head_seconds = head_seconds
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Notes who is there, and waits for the first request."""
        super().connection_made(transport)
        certificate = presented(transport.get_extra_info("ssl_object"))
        self.app_state = {**self.app_state, CERTIFICATE: certificate}
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Says that it is over."""
        self._head_is_here()
        super().connection_lost(exc)
        self.closed.set()

    def on_message_begin(self) -> None:
        """A request begins: its head has so long to arrive."""
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        """The head is here; how long the body may take is the application's to say."""
        self._head_is_here()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self._head_seconds, self._give_up)

    def _head_is_here(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        self.transport.abort()
