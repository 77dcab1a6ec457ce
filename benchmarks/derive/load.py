"""Sends messages to a registry over HTTP from a process of its own, and measures the answers."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.api.client import Connection, Request

PATH = "/fhir/$process-message"
FHIR = ("Content-Type", "application/fhir+json")


@dataclass(frozen=True, slots=True)
class Measured:
    """Answers in one go: how many a second, and their latencies in seconds, in order."""

    rate: float
    latencies: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """Takes a share from 0 to 1; returns the latency that as many answers kept within."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def send(
    urls: Sequence[str],
    tokens: dict[str, str],
    bundles: Sequence[tuple[str, bytes]],
    connections: int,
    rate: float | None = None,
) -> Measured:
    """Takes the addresses of the registry's processes, a token for each sender, Bundles with their
    senders, how many connections, and how many messages a second at most (None: as fast as they are
    answered); returns what was measured, in another process than the caller's. A paced message's
    latency counts from when it was due, so that a stalled registry is not flattered."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_run, (urls, tokens, bundles, connections, rate))


def _run(
    urls: Sequence[str],
    tokens: dict[str, str],
    bundles: Sequence[tuple[str, bytes]],
    connections: int,
    rate: float | None,
) -> Measured:
    return asyncio.run(_send(urls, tokens, bundles, connections, rate))


async def _send(
    urls: Sequence[str],
    tokens: dict[str, str],
    bundles: Sequence[tuple[str, bytes]],
    connections: int,
    rate: float | None,
) -> Measured:
    waiting = iter(enumerate(bundles))
    latencies: list[float] = []
    opened = [Connection(urls[place % len(urls)]) for place in range(connections)]
    for one in opened:
        await one.open()
    began = time.perf_counter()

    async def work(connection: Connection) -> None:
        for place, (sender, bundle) in waiting:
            due = began + place / rate if rate else time.perf_counter()
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            bearer = ("Authorization", f"Bearer {tokens[sender]}")
            request = Request("message", "POST", PATH, (FHIR, bearer), bundle)
            reply = await connection.ask(request)
            if reply.status != 200:
                raise RuntimeError(f"a message was answered {reply.status}")
            latencies.append(time.perf_counter() - due)

    await asyncio.gather(*(work(one) for one in opened))
    took = time.perf_counter() - began
    for one in opened:
        await one.close()
    return Measured(len(latencies) / took, tuple(sorted(latencies)))
