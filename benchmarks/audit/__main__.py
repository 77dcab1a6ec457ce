"""`python -m benchmarks.audit`: reads and searches that are put on record with shared commits, with
a commit each, and not at all; in turns, through all of the API but its socket."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack
from statistics import median

import httpx
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from benchmarks.audit.people import BOARD, fill
from benchmarks.temporary_server import temporary_database
from registry import database
from registry.access.clients import Client
from registry.access.scopes import OF_ROLE
from registry.api.application import install
from registry.audit import storing
from registry.audit.event import Record
from registry.audit.recorder import Recorder
from registry.limits.buckets import Limits, Rate
from registry.metrics import Metrics
from registry.service import Registry
from registry.settings import RegistrySettings
from registry.store.reader import WRITER
from registry.store.transaction import Pool

BASE = "http://registry.example"
SETTLING = 2


class CommitEach(Recorder):
    """Puts each act on record by itself, on one of as many connections as the registry has."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self._own = pool

    async def keep(self, records: Sequence[Record], clients: Collection[str] = ()) -> None:
        """Writes the records in a commit of their own."""
        async with self._own.connection() as connection:
            await storing.add(connection, records, clients)
        self.sealed_soon()


class Unrecorded(Recorder):
    """Puts nothing on record: what the others are compared with."""

    async def keep(self, records: Sequence[Record], clients: Collection[str] = ()) -> None:
        """Leaves the records."""


def main() -> int:
    """Measures, and prints a table for each kind of request; returns the exit code."""
    chosen = _arguments()
    with temporary_database("measured") as url:
        database.prepare(url)
        asyncio.run(_measure(url, chosen))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="rounds that count; default 9")
    parser.add_argument("--reads", type=int, default=400, help="reads a round; default 400")
    parser.add_argument("--at-once", type=int, default=16, help="how many at once; default 16")
    parser.add_argument("--people", type=int, default=500, help="deaths held; default 500")
    return parser.parse_args()


async def _measure(url: str, chosen: argparse.Namespace) -> None:
    await fill(url, chosen.people)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(database.pool(url, 8, WRITER))
        ways = {
            "not on record": Unrecorded(pool),
            "on record, a commit each": CommitEach(pool),
            "on record, commits shared": None,
        }
        clients = {name: await _client(url, recorder, stack) for name, recorder in ways.items()}
        answer = await clients["not on record"].get("Task?_count=1000")
        ids = [entry["resource"]["id"] for entry in answer.json()["entry"]]
        asked = {
            "read": [f"Task/{ids[n % len(ids)]}" for n in range(chosen.reads)],
            "page of 50 reviews of 50 people": ["Task?_count=50"] * (chosen.reads // 8),
        }
        for what, addresses in asked.items():
            print(f"\n{what}, {chosen.at_once} at once")
            await _turns(clients, addresses, chosen)


async def _client(url: str, recorder: Recorder | None, stack: AsyncExitStack) -> httpx.AsyncClient:
    """A client of a registry of its own; None leaves it the recorder that it has."""
    limits = Limits(Rate(0), Rate(0))
    registry = Registry(RegistrySettings(url, BASE, allow_test_numbers=True, limits=limits))
    if recorder is not None:
        registry.recorder = recorder
    await registry.start()
    stack.push_async_callback(registry.stop)
    app = Starlette(routes=registry.routes)
    install(app, registry.tokens, Metrics(CollectorRegistry()))
    token = await registry.tokens.issue(Client("board", BOARD, "icb"), OF_ROLE["icb"])
    made = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=f"{BASE}/fhir/",
        headers={"Authorization": f"Bearer {token}"},
    )
    return await stack.enter_async_context(made)


async def _turns(
    clients: dict[str, httpx.AsyncClient], addresses: list[str], chosen: argparse.Namespace
) -> None:
    """Everybody once in every round, so that a busy machine is as busy for all."""
    rates: dict[str, list[float]] = {name: [] for name in clients}
    for number in range(chosen.rounds + SETTLING):
        for name, client in clients.items():
            rate = await _rate(client, addresses, chosen.at_once)
            if number >= SETTLING:
                rates[name].append(rate)
    print("| | requests/s (least–most) | times the time |\n| --- | --- | --- |")
    alone = rates["not on record"]
    for name, found in rates.items():
        times = median(a / b for a, b in zip(alone, found, strict=True))
        print(
            f"| {name} | {median(found):,.0f} ({min(found):,.0f}–{max(found):,.0f}) | {times:.2f} |"
        )


async def _rate(client: httpx.AsyncClient, addresses: list[str], at_once: int) -> float:
    waiting = iter(addresses)

    async def some() -> None:
        for address in waiting:
            answer = await client.get(address)
            assert answer.status_code == 200, answer.text

    began = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(at_once)))
    return len(addresses) / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
