"""Sends streams of requests from a process of its own, and measures the answers."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import uvloop

from benchmarks.api.client import Connection, Request


@dataclass(frozen=True, slots=True)
class Measured:
    """Answers in one go: how many a second, their latencies in seconds, in order, and how many had
    which status."""

    rate: float
    latencies: tuple[float, ...]
    statuses: dict[int, int]

    def percentile(self, share: float) -> float:
        """Takes a share from 0 to 1; returns the latency that as many answers kept within."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def send(
    urls: Sequence[str], token: str, requests: Sequence[Request], connections: int
) -> Measured:
    """Takes the addresses of the registry's processes, a token, the requests and how many
    connections share them; returns what was measured, in another process than the caller's."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_run, (urls, token, requests, connections))


def _run(
    urls: Sequence[str], token: str, requests: Sequence[Request], connections: int
) -> Measured:
    return uvloop.run(_send(urls, token, requests, connections))


async def _send(
    urls: Sequence[str], token: str, requests: Sequence[Request], connections: int
) -> Measured:
    waiting = iter(requests)
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    opened = [Connection(urls[place % len(urls)], token) for place in range(connections)]
    for one in opened:
        await one.open()

    async def work(connection: Connection) -> None:
        for request in waiting:
            began = time.perf_counter()
            reply = await connection.ask(request)
            latencies.append(time.perf_counter() - began)
            statuses[reply.status] += 1

    began = time.perf_counter()
    await asyncio.gather(*(work(one) for one in opened))
    took = time.perf_counter() - began
    for one in opened:
        await one.close()
    return Measured(len(latencies) / took, tuple(sorted(latencies)), dict(statuses))
