"""A TCP address in front of another, at which a network can fail, and a process be killed at a
chosen byte: whoever speaks through it is as it is in production."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Address = tuple[str, int] | Path
Side = Literal["request", "answer"]
Strike = Callable[[], Awaitable[object]]


@dataclass
class Point:
    """A moment in a connection that began with `of`: `said` is seen one after the other, all but
    the last in requests, the last on `side`. What says it is held back, `strike` is done, and the
    connection is cut."""

    side: Side
    said: tuple[bytes, ...]
    strike: Strike
    of: bytes = b""
    struck: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(eq=False)
class _Conversation:
    """One connection and the one behind it, how it began, and how far each point has come in it."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    began: bytes = b""
    seen: dict[int, int] = field(default_factory=dict[int, int])

    def cut(self) -> None:
        self.near.transport.abort()
        self.far.transport.abort()


class Relay:
    """Listens from `start` to `stop`; passes on to the first of its targets that answers, each
    in its turn."""

    def __init__(self, targets: Sequence[Address]) -> None:
        """Takes host and port, or the path of a socket, of each target."""
        self.targets = targets
        self.port = 0
        self.delay = 0.0
        self._is_cut = False
        self._is_open = asyncio.Event()
        self._is_open.set()
        self._turn = 0
        self._points: list[Point] = []
        self._open: set[_Conversation] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def conversations(self) -> int:
        """How many connections are open."""
        return len(self._open)

    async def start(self) -> None:
        """Begins to listen, at a free port of this machine."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cuts everything."""
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def at(self, point: Point) -> Point:
        """Takes a point; it is struck once, when it comes."""
        self._points.append(point)
        return point

    def forget(self, point: Point) -> None:
        """Takes a point that is not to be struck any more."""
        if point in self._points:
            self._points.remove(point)

    def cut(self) -> None:
        """Cuts every connection, and every new one, until `mend`."""
        self._is_cut = True
        for one in list(self._open):
            one.cut()

    def fall_silent(self) -> None:
        """Nothing more comes through, in either direction, and nobody is told (half-open)."""
        self._is_open.clear()

    def mend(self) -> None:
        """All is well again. What was half-open is dead: the other end forgot it long ago."""
        if not self._is_open.is_set():
            for one in list(self._open):
                one.cut()
        self._is_cut = False
        self._is_open.set()

    async def _accept(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._carry(reader, near)
        except (OSError, asyncio.CancelledError):
            pass  # one end is gone, or we are
        finally:
            self._tasks.discard(task)
            near.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        await self._is_open.wait()
        if self._is_cut:
            return
        far_reader, far = await self._connect()
        conversation = _Conversation(near, far)
        self._open.add(conversation)
        try:
            await asyncio.gather(
                self._pass(reader, far, "request", conversation),
                self._pass(far_reader, near, "answer", conversation),
            )
        finally:
            self._open.discard(conversation)
            conversation.cut()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._turn += 1
        count = len(self.targets)
        for offset in range(count):
            target = self.targets[(self._turn + offset) % count]
            try:
                if isinstance(target, Path):
                    return await asyncio.open_unix_connection(str(target))
                return await asyncio.open_connection(*target)
            except OSError:
                continue
        raise ConnectionRefusedError

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        side: Side,
        conversation: _Conversation,
    ) -> None:
        while chunk := await reader.read(256 * 1024):
            conversation.began = conversation.began or chunk
            if self.delay:
                await asyncio.sleep(self.delay)
            await self._is_open.wait()
            if point := self._come_to(side, chunk, conversation):
                await point.strike()
                point.struck.set()
                break
            writer.write(chunk)
            await writer.drain()
        conversation.cut()

    def _come_to(self, side: Side, chunk: bytes, conversation: _Conversation) -> Point | None:
        for point in self._points:
            if point.of not in conversation.began:
                continue
            seen = conversation.seen.get(id(point), 0)
            start = 0
            while seen < len(point.said):
                if side != ("request" if seen < len(point.said) - 1 else point.side):
                    break
                found = chunk.find(point.said[seen], start)
                if found < 0:
                    break
                start = found + len(point.said[seen])
                seen += 1
            conversation.seen[id(point)] = seen
            if seen == len(point.said):
                self._points.remove(point)
                return point
        return None
