"""Sends messages by MLLP from a process of its own, and measures their acknowledgements."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import uvloop

from adapter.mllp.framing import frame

_ACCEPTED = b"\rMSA|AA|"
_END = b"\x1c\r"
# An adapter lets in so many from one address; more connections come from several.
_OF_ADDRESS = 100


@dataclass(frozen=True, slots=True)
class Measured:
    """Acknowledgements in one go: how many a second, their latencies in seconds in order."""

    rate: float
    latencies: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """Takes a share from 0 to 1; returns the latency that as many kept within."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def send(port: int, messages: Sequence[str], connections: int, window: int) -> Measured:
    """Takes the port, messages, how many connections share them and how many of each may wait for
    their acknowledgement (1: request and response); returns what was measured, in another process
    than the caller's. RuntimeError where one is not accepted."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_run, (port, messages, connections, window))


def _run(port: int, messages: Sequence[str], connections: int, window: int) -> Measured:
    return uvloop.run(_send(port, messages, connections, window))


class _Connection(asyncio.Protocol):
    """Keeps `window` messages on their way until there are no more."""

    def __init__(self, blocks: Iterator[bytes], latencies: list[float], window: int) -> None:
        self._blocks = blocks
        self._latencies = latencies
        self._window = window
        self._sent: deque[float] = deque()
        self._held = b""
        self._transport: asyncio.Transport | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def begin(self) -> None:
        self._go_on(self._window)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        *answers, self._held = (self._held + data).split(_END)
        for answer in answers:
            if _ACCEPTED not in answer:
                self._fail("a message was not accepted")
                return
            self._latencies.append(now - self._sent.popleft())
        self._go_on(len(answers))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        self._fail("a connection was closed")

    def _go_on(self, count: int) -> None:
        assert self._transport is not None
        ready: list[bytes] = []
        for _ in range(count):
            block = next(self._blocks, None)
            if block is None:
                break
            ready.append(block)
        now = time.perf_counter()
        self._sent.extend(now for _ in ready)
        if ready:
            self._transport.write(b"".join(ready))
        if not self._sent and not self.ended.done():
            self.ended.set_result(None)

    def _fail(self, why: str) -> None:
        if not self.ended.done():
            self.ended.set_exception(RuntimeError(why))


async def _send(port: int, messages: Sequence[str], connections: int, window: int) -> Measured:
    latencies: list[float] = []
    blocks = iter([frame(message.encode()) for message in messages])
    loop = asyncio.get_running_loop()
    opened: list[_Connection] = []
    for place in range(connections):
        here = (f"127.0.0.{1 + place // _OF_ADDRESS}", 0)
        _, made = await loop.create_connection(
            lambda: _Connection(blocks, latencies, window), "127.0.0.1", port, local_addr=here
        )
        opened.append(made)
    began = time.perf_counter()
    for one in opened:
        one.begin()
    await asyncio.gather(*(one.ended for one in opened))
    took = time.perf_counter() - began
    if len(latencies) != len(messages):
        raise RuntimeError(f"{len(latencies)} of {len(messages)} were acknowledged")
    return Measured(len(latencies) / took, tuple(sorted(latencies)))
