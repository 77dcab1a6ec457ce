"""The sending end of MLLP: one message at a time, each waits for its acknowledgement."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from types import TracebackType
from typing import Self

from adapter import er7
from adapter.mllp.framing import Decoder, Frame, frame


class NoAnswer(Exception):
    """The peer closed the connection, or kept silent for too long; the message may have arrived."""


class Client:
    """A connection to an MLLP listener; `async with Client(host, port) as client`."""

    def __init__(
        self, host: str, port: int, timeout: float = 30.0, tls: ssl.SSLContext | None = None
    ) -> None:
        """Takes an address, and the seconds to wait for the connection and for each answer."""
        self._address = (host, port)
        self._timeout = timeout
        self._tls = tls
        self._decoder = Decoder()
        self._received: deque[bytes] = deque()
        self._sent = ""
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        """Connects. Raises OSError or TimeoutError."""
        async with asyncio.timeout(self._timeout):
            self._streams = await asyncio.open_connection(*self._address, ssl=self._tls)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _, writer = self._both()
        self._streams = None
        writer.close()
        try:
            await writer.wait_closed()
        except OSError:
            writer.transport.abort()

    async def send(self, message: bytes) -> bytes:
        """Takes one message; returns its (first) acknowledgement. Raises NoAnswer.

        In enhanced mode a message may have two; the second is passed over by the next `send`.
        """
        before, self._sent = self._sent, _control_id(message)
        await self.write(message)
        answer = await self.answer()
        while before and self._sent != before == _acknowledged(answer):
            answer = await self.answer()
        return answer

    async def write(self, message: bytes) -> None:
        """Takes one message and sends it without waiting for the answer. Raises NoAnswer."""
        _, writer = self._both()
        writer.write(frame(message))
        try:
            async with asyncio.timeout(self._timeout):
                await writer.drain()
        except (OSError, TimeoutError) as error:
            raise NoAnswer("the connection was lost while sending") from error

    async def answer(self) -> bytes:
        """Returns the next acknowledgement. Raises NoAnswer."""
        reader, _ = self._both()
        try:
            async with asyncio.timeout(self._timeout):
                while not self._received:
                    await self._receive(reader)
        except TimeoutError as error:
            raise NoAnswer(f"no answer within {self._timeout:g} seconds") from error
        except OSError as error:
            raise NoAnswer("the connection was lost") from error
        return self._received.popleft()

    async def _receive(self, reader: asyncio.StreamReader) -> None:
        chunk = await reader.read(64 * 1024)
        if not chunk:
            raise NoAnswer("the connection was closed without an answer")
        self._received += [e.content for e in self._decoder.feed(chunk) if isinstance(e, Frame)]

    def _both(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            raise RuntimeError("not connected")
        return self._streams


def _control_id(message: bytes) -> str:
    try:
        return er7.read(message).header.text(10)
    except er7.NotHl7:
        return ""


def _acknowledged(answer: bytes) -> str:
    """MSA-2, '' where there is none."""
    try:
        msa = er7.read(answer).first("MSA")
    except er7.NotHl7:
        return ""
    return msa.text(2) if msa else ""
