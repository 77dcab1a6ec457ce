"""Both ends of MLLP connections for tests: listeners that echo, and peers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from adapter.admission import AdmissionLimits
from adapter.certificate import Certificate
from adapter.listener import Tls
from adapter.metrics import Metrics
from adapter.mllp.client import Client
from adapter.mllp.connection import ConnectionLimits, Handle
from adapter.mllp.framing import Frame, Oversize
from adapter.mllp.server import Listening, Server

HERE = "127.0.0.1"
PATIENCE = 20.0


async def echo(event: Frame | Oversize, _: Certificate | None) -> list[bytes]:
    """Answers a block with itself, an oversize one with its size."""
    return [event.content if isinstance(event, Frame) else b"oversize %d" % event.size]


def listening(
    tls: Tls | None = None, admission: AdmissionLimits | None = None, **each: float
) -> Listening:
    """Takes what is to be unlike the defaults; returns where to listen: at any port."""
    limits = replace(ConnectionLimits(), **each)
    return Listening(HERE, 0, admission or AdmissionLimits(), limits, tls)


@asynccontextmanager
async def serving(
    metrics: Metrics, where: Listening, handle: Handle = echo
) -> AsyncGenerator[Server]:
    """Runs a listener."""
    server = Server(where, handle, metrics)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def peer(server: Server) -> AsyncGenerator[Peer]:
    """Gives a plain TCP connection to a listener."""
    reader, writer = await asyncio.open_connection(HERE, server.port)
    try:
        yield Peer(reader, writer)
    finally:
        writer.transport.abort()


class Peer:
    """A TCP connection that does what its test wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        """Sends bytes as they are. ConnectionError where the other side has cut it off."""
        if self.writer.is_closing():
            raise ConnectionResetError
        self.writer.write(data)

    async def drip(self, data: bytes) -> None:
        """Sends bytes one at a time until it is cut off; AssertionError if it never is."""
        async with asyncio.timeout(PATIENCE):
            for byte in data:
                if self.reader.at_eof() or self.writer.is_closing():
                    return
                self.writer.write(bytes([byte]))
                await asyncio.sleep(0.01)
        raise AssertionError("not cut off")

    async def rest(self) -> bytes:
        """All that comes until the other side has closed. TimeoutError if it does not."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


@asynccontextmanager
async def undisturbed(client: Client) -> AsyncGenerator[None]:
    """Sends good messages all the while, and checks that each is answered."""
    ended = asyncio.Event()

    async def send() -> int:
        sent = 0
        while not ended.is_set():
            text = b"good %d" % sent
            assert await client.send(text) == text
            sent += 1
            await asyncio.sleep(0.005)
        return sent

    sending = asyncio.create_task(send())
    try:
        yield
    finally:
        ended.set()
        assert await sending > 0
