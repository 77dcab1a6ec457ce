"""One HTTP connection: knows its peer's certificate, and is neither slow nor endless."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapter.certificate import presented
from adapter.http_authentication import CERTIFICATE

HEAD_SECONDS = 10.0
# Longer than an application waits that answers 408 itself.
BODY_SECONDS = 90.0
MAX_HEAD = 64 * 1024
_TOO_LONG = "The request line and headers are too long."


class HttpConnection(HttpToolsProtocol):
    """uvicorn's connection, closed where a request takes too long to arrive, and answered 431 and
    closed where its head is longer than MAX_HEAD bytes.

    A connection that was opened and never used is closed by the clock of heads. `closed` is set
    when it has ended.
    """

    def __init__(
        self,
        head_seconds: float = HEAD_SECONDS,
        body_seconds: float = BODY_SECONDS,
        **of_uvicorn: Any,
    ) -> None:
        super().__init__(**of_uvicorn)
        self.closed = asyncio.Event()
        self._head_seconds = head_seconds
        self._body_seconds = body_seconds
        self._late: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head_length = 0

    # uvicorn narrows the parameter of asyncio.Protocol in the same way.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Notes who is there, and waits for the first request."""
        super().connection_made(transport)
        certificate = presented(transport.get_extra_info("ssl_object"))
        self.app_state = {**self.app_state, CERTIFICATE: certificate}
        self._expect_within(self._head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Says that it is over."""
        self._is_here()
        super().connection_lost(exc)
        self.closed.set()

    def data_received(self, data: bytes) -> None:
        """Takes bytes. The parser gathers an unfinished head without end: its length is limited
        here."""
        super().data_received(data)
        if self._in_head:
            self._head_length += len(data)
            if self._head_length > MAX_HEAD and not self.transport.is_closing():
                self._refuse_head()

    def on_message_begin(self) -> None:
        """A request begins: its head has so long to arrive."""
        super().on_message_begin()
        self._in_head, self._head_length = True, 0
        if self._late is None:
            self._expect_within(self._head_seconds)

    def on_headers_complete(self) -> None:
        """The head is here; the body has so long to arrive."""
        self._in_head = False
        self._is_here()
        length = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if length > MAX_HEAD:
            # Whatever is raised here ends the parsing, and with it the connection.
            self._head_length = length
            raise ValueError(_TOO_LONG)
        self._expect_within(self._body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of the request is here."""
        self._is_here()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP, or too long to be taken, and closes."""
        if self._head_length > MAX_HEAD:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def _refuse_head(self) -> None:
        head = (
            "HTTP/1.1 431 Request Header Fields Too Large\r\n"
            "content-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(_TOO_LONG)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write((head + _TOO_LONG).encode())
        self.transport.close()

    def _expect_within(self, seconds: float) -> None:
        self._late = self.loop.call_later(seconds, self._give_up)

    def _is_here(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        self.transport.abort()
