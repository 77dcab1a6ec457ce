"""`python -m benchmarks.api`: the FHIR API under load, with ever more reviews held."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import httpx
import orjson
import psycopg

from benchmarks.api import filling, work
from benchmarks.api.bound import bare_selects
from benchmarks.api.load import Measured, send
from benchmarks.api.work import Held, Led, Stream
from benchmarks.derive.holding import load_directory
from benchmarks.derive.people import Feed, valid_number
from benchmarks.serving import PUBLIC, running_registry
from benchmarks.temporary_server import temporary_database
from registry import database
from registry.access.clients import Client
from registry.access.scopes import OF_ROLE
from registry.core import bundle_reading
from registry.core.identity import NumberPolicy
from registry.service import Registry
from registry.settings import RegistrySettings
from registry.store.recompute import Rules, record

DATABASE = "benchmark"
BOARD, TRUST = "QX1", "RT1"
# Their serial numbers; even ones are known to RT1 (benchmarks.derive.people).
OWN = range(900_000, 999_990, 2)
HEAD = "reviews | what | connections | per second | p50 ms | p99 ms | answers"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of load: what it is called, its requests, over how many connections, as whom."""

    name: str
    stream: Stream
    organisation: str
    connections: int
    count: int


def main() -> int:
    """Measures; prints a row for each kind of load and number of reviews; returns the exit
    code."""
    chosen = _arguments()
    with temporary_database(DATABASE, chosen.data) as url:
        database.prepare(url)
        with database.connect(url) as connection:
            load_directory(connection)
            filling.load_directory(connection)
        asyncio.run(_take_in(url, [filling.TEMPLATE]))
        print(HEAD)
        copied, own = 1, iter(OWN)
        for reviews in chosen.reviews:
            with database.connect(url) as connection:
                filling.copy(connection, copied, reviews)
            copied = reviews
            wanted = chosen.requests // 4
            people = list(islice(own, 2 * wanted + wanted // 2))
            asyncio.run(_take_in(url, people))
            _measure(url, reviews, people, chosen)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__)
    parser.add_argument(
        "--reviews", type=int, nargs="+", default=[100_000], help="how many reviews are held"
    )
    parser.add_argument("--requests", type=int, default=6_000, help="sent in each measurement")
    parser.add_argument("--processes", type=int, default=2, help="of the registry")
    parser.add_argument("--connections", type=int, default=30)
    parser.add_argument("--data", type=Path, help="where there is room: some 25 kB a review")
    return parser.parse_args()


async def _take_in(url: str, serials: Sequence[int]) -> None:
    """Has the registry itself take in people who died in RT1's care."""
    feed = Feed()
    async with database.pool(url, size=8) as pool:
        async with pool.connection() as connection:
            ids = await database.resource_ids(connection)
        rules, waiting = Rules(NumberPolicy(True), ids), iter(serials)

        async def take() -> None:
            for serial in waiting:
                for kind, day in (("A01", 1), ("died", 9)):
                    _, said = feed.bundle(serial, kind, f"{serial}{day}", day)
                    await record(pool, bundle_reading.statements(orjson.loads(said)), rules)

        await asyncio.gather(*(take() for _ in range(8)))


def _measure(url: str, reviews: int, people: Sequence[int], chosen: argparse.Namespace) -> None:
    random = Random(reviews)  # noqa: S311 - which review is asked for is no secret
    with database.connect(url) as connection:
        copies = _copies(connection, random, min(reviews, filling.COPIES_WITH_NUMBERS))
        led = _own(connection, people)
    quarter, many = chosen.requests // 4, chosen.connections
    stepped, accepted, raised = led[:quarter], led[quarter : 2 * quarter], led[2 * quarter :]
    owner, count = filling.trust(1), chosen.requests
    kinds = [
        Kind("empty, authenticated", work.empty(), BOARD, many, count),
        Kind(
            "search by NHS number, with _include", work.search(copies, random), BOARD, many, count
        ),
        Kind("read with If-None-Match", work.reread(copies, random), BOARD, many, count),
        Kind("read", work.read(copies, random), BOARD, many, count),
        Kind("worklist page of 50", work.worklist(owner), owner, many, count // 6),
        Kind("accept", work.accept(accepted), TRUST, many, quarter),
        Kind("mixed", work.mixed(accepted, stepped, raised, random), TRUST, many, count),
    ]
    tokens = asyncio.run(_tokens(url, {kind.organisation for kind in kinds}))
    with ExitStack() as stack:
        addresses = [stack.enter_context(running_registry(url)) for _ in range(chosen.processes)]
        for kind in kinds:
            requests = list(islice(kind.stream, kind.count))
            measured = send(addresses, tokens[kind.organisation], requests, kind.connections)
            print(_row(reviews, kind, measured), flush=True)
        _pages(reviews, addresses[0], tokens[owner], owner)
    bare = bare_selects(url, [random.choice(copies).task for _ in range(count)], many)
    print(f"{reviews:,} | bare SELECT by key | {many} | {bare:,.0f} | | |", flush=True)


def _row(reviews: int, kind: Kind, measured: Measured) -> str:
    p50, p99 = (1000 * measured.percentile(share) for share in (0.5, 0.99))
    answers = ", ".join(f"{n} x {status}" for status, n in sorted(measured.statuses.items()))
    return (
        f"{reviews:,} | {kind.name} | {kind.connections} | {measured.rate:,.0f} | {p50:.1f} |"
        f" {p99:.1f} | {answers}"
    )


def _pages(reviews: int, address: str, token: str, owner: str) -> None:
    """The first page of a worklist beside a late one, one request at a time."""
    path = f"/fhir/Task?owner=Organization/{owner}&_count=10"
    spent: list[float] = []
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:
        for _ in range(1000):
            began = time.perf_counter()
            page = client.get(path)
            spent.append(time.perf_counter() - began)
            page.raise_for_status()
            following = [one["url"] for one in page.json()["link"] if one["relation"] == "next"]
            if not following:
                break
            path = following[0].removeprefix(PUBLIC)
    ends = [sorted(part)[len(part) // 2] for part in (spent[:20], spent[-20:])]
    print(
        f"{reviews:,} | page 1-20 / page {len(spent) - 19}-{len(spent)} | 1 | |"
        f" {1000 * ends[0]:.1f} / {1000 * ends[1]:.1f} | |",
        flush=True,
    )


def _copies(connection: psycopg.Connection[Any], random: Random, last: int) -> list[Held]:
    """Some of the copies, chosen at random."""
    template = _task_of(connection, valid_number(filling.TEMPLATE))
    chosen = random.sample(range(1, last), min(20_000, last - 1))
    return [Held(valid_number(n), f"{template[:24]}{n:08x}") for n in chosen]


def _own(connection: psycopg.Connection[Any], people: Sequence[int]) -> list[Led]:
    numbers = [valid_number(serial - serial // 10) for serial in people if serial % 10 != 9]
    return [Led(one, _task_of(connection, one)) for one in numbers]


def _task_of(connection: psycopg.Connection[Any], nhs_number: str) -> str:
    row = connection.execute(
        "SELECT r.id FROM resource AS r JOIN person_identifier AS i ON i.person = r.person"
        " WHERE r.type = 'Task' AND i.value = %s",
        (nhs_number,),
    ).fetchone()
    assert row is not None
    return str(row[0])


async def _tokens(url: str, organisations: set[str]) -> dict[str, str]:
    registry = Registry(RegistrySettings(url, PUBLIC, allow_test_numbers=True, pool_size=2))
    await registry.start()
    found = {
        one: await registry.tokens.issue(
            Client(f"benchmark-{one}", one, "icb" if one == BOARD else "provider"),
            OF_ROLE["icb" if one == BOARD else "provider"],
        )
        for one in organisations
    }
    await registry.stop()
    return found


if __name__ == "__main__":
    sys.exit(main())
