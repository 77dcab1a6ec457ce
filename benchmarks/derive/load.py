"""Sends messages to a registry over HTTP from a process of its own, and measures the answers."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

_PATH = "/fhir/$process-message"
_FHIR = {"Content-Type": "application/fhir+json"}


@dataclass(frozen=True, slots=True)
class Measured:
    """Answers in one go: how many a second, and their latencies in seconds, in order."""

    rate: float
    latencies: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """Takes a share from 0 to 1; returns the latency that as many answers kept within."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def send(
    url: str,
    tokens: dict[str, str],
    bundles: Sequence[tuple[str, bytes]],
    connections: int,
    rate: float | None = None,
) -> Measured:
    """Takes the registry's address, a token for each sender, Bundles with their senders, how many
    connections, and how many messages a second at most (None: as fast as they are answered);
    returns what was measured, in another process than the caller's. A paced message's latency
    counts from when it was due, so that a stalled registry is not flattered."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_run, (url, tokens, bundles, connections, rate))


def _run(
    url: str,
    tokens: dict[str, str],
    bundles: Sequence[tuple[str, bytes]],
    connections: int,
    rate: float | None,
) -> Measured:
    return asyncio.run(_send(url, tokens, bundles, connections, rate))


async def _send(
    url: str,
    tokens: dict[str, str],
    bundles: Sequence[tuple[str, bytes]],
    connections: int,
    rate: float | None,
) -> Measured:
    waiting = iter(enumerate(bundles))
    latencies: list[float] = []
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
        began = time.perf_counter()

        async def work() -> None:
            for place, (sender, bundle) in waiting:
                due = began + place / rate if rate else time.perf_counter()
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                headers = {**_FHIR, "Authorization": f"Bearer {tokens[sender]}"}
                answer = await client.post(
                    "/fhir/$process-message", content=bundle, headers=headers
                )
                answer.raise_for_status()
                latencies.append(time.perf_counter() - due)

        await asyncio.gather(*(work() for _ in range(connections)))
        took = time.perf_counter() - began
    return Measured(len(latencies) / took, tuple(sorted(latencies)))
