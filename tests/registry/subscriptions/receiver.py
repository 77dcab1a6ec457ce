"""A subscriber's endpoint: an HTTP server on this machine that keeps what it is sent."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

Resource = dict[str, Any]
PATIENCE = 30.0


@dataclass(frozen=True)
class Received:
    """One notification: its headers (names in lower case) and body."""

    headers: dict[str, str]
    body: bytes

    @property
    def bundle(self) -> Resource:
        return orjson.loads(self.body)

    @property
    def said(self) -> dict[str, Any]:
        """The parameters of the status, by name; events apart."""
        return {
            one["name"]: next(v for k, v in one.items() if k != "name")
            for one in self.bundle["entry"][0]["resource"]["parameter"]
            if one["name"] != "notification-event"
        }

    @property
    def kind(self) -> str:
        return self.said["type"]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The parts of each event, by name."""
        return [
            {part["name"]: next(v for k, v in part.items() if k != "name") for part in one["part"]}
            for one in self.bundle["entry"][0]["resource"]["parameter"]
            if one["name"] == "notification-event"
        ]

    @property
    def numbers(self) -> list[int]:
        return [int(event["event-number"]) for event in self.events]

    def is_signed(self, secret: str) -> bool:
        made = hmac.new(secret.encode(), self.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(made, self.headers["x-signature"])


Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


async def takes(writer: asyncio.StreamWriter) -> None:
    """Answers that the notification was taken."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()


def answers(raw: bytes) -> Behaviour:
    """Answers with these bytes."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return behave


async def hangs(writer: asyncio.StreamWriter) -> None:
    """Never answers, for as long as the other side waits."""
    await writer.wait_closed()


@dataclass
class Receiver:
    """The endpoint; `behaviour` is how it answers from now on."""

    port: int = 0
    received: list[Received] = field(default_factory=list[Received])
    behaviour: Behaviour = takes
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    open: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/told"

    def of(self, kind: str) -> list[Received]:
        return [one for one in self.received if one.kind == kind]

    @property
    def numbers(self) -> list[int]:
        """The numbers of all events, in the order they came."""
        return [number for one in self.of("event-notification") for number in one.numbers]

    async def until(self, holds: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Waits until something holds of what was received."""
        async with asyncio.timeout(patience), self.changed:
            await self.changed.wait_for(holds)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.split("\r\n")[1:]
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in lines if line)
            }
            body = await reader.readexactly(int(headers["content-length"]))
            async with self.changed:
                self.received.append(Received(headers, body))
                self.changed.notify_all()
            await self.behaviour(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncGenerator[Receiver]:
    """A receiver that listens while the context lasts."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for writer in list(receiver.open):
            writer.transport.abort()
        async with asyncio.timeout(PATIENCE):
            while receiver.open:
                await asyncio.sleep(0)
