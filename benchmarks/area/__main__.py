"""`python -m benchmarks.area`: trusts send, practices poll and subscribers are told, all at their
pace, for some minutes; how long from the acknowledgement of a death until a lead is seen."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psycopg
import uvloop

from benchmarks.area.feed import PRACTICES, feed
from benchmarks.area.readers import Endpoint, Reader, poll, subscribe, watch
from benchmarks.area.sending import Acknowledged, send
from benchmarks.derive.people import valid_number
from benchmarks.ingest.__main__ import free_port, running, wait_ready
from benchmarks.ingest.cost import cost
from benchmarks.temporary_server import in_folder
from lfd.keys import private_key, public_key
from postgres.embedded import ensure_database
from registry import database
from registry.access import clients
from registry.access.clients import Client
from registry.access.roles import Role
from registry.access.scopes import OF_ROLE
from registry.access.tokens import LIFETIME, AccessTokens
from registry.settings import RegistrySettings
from registry.store.reader import WRITER

BOARD = "QX1"
POLLING = 20
"""So many practices share the polls: each asks as often as it takes."""
_PATIENCE = 60.0
_WARM_UP = 3.0
_QUEUES = """
    SELECT (SELECT count(*) FROM adapter.inbox WHERE state = 'received'),
           (SELECT count(*) FROM adapter.outbox)
"""
_UNTOLD = """
    SELECT (SELECT coalesce(sum(events - delivered), 0) FROM registry.subscription)
         + (SELECT count(*) FROM registry.subscription_event WHERE matched_at IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is, and at each registry the token of each organisation that reads."""

    registries: tuple[str, ...]
    mllp: dict[str, int]
    adapters: dict[str, str]
    registry: str
    tokens: dict[str, dict[str, str]]
    pids: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Queues:
    """At one moment: messages to be converted, to be delivered, events to be told."""

    converted: int
    delivered: int
    told: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What was measured; seconds, in order, and the queues second by second."""

    acknowledged: list[float]
    lags: list[float]
    polls: list[float]
    queues: list[Queues]
    drained: float
    events: int
    unseen: int


def main() -> int:
    """Measures; prints what came of it; returns the exit code: 1 where a goal was missed."""
    chosen = _arguments()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place = stack.enter_context(_area(folder, chosen))
        valid_number(0)  # computes all of them
        before = {name: cost(pids) for name, pids in place.pids.items()}
        seen = uvloop.run(_run(place, chosen))
        sent = len(seen.acknowledged)
        for name, pids in place.pids.items():
            spent = cost(pids)
            seconds = spent.own + spent.of_children - before[name].own - before[name].of_children
            print(
                f"{name}: {1e6 * seconds / sent:,.0f} µs of a processor for each message,"
                f" {spent.memory / 1e6:,.0f} MB"
            )
        return _tell(seen, chosen)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.area", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="the whole of it: 10")
    parser.add_argument("--rate", type=float, default=300.0, help="ADT messages a second, in all")
    parser.add_argument("--stays", type=float, default=5.0, help="of these, about hospital stays")
    parser.add_argument("--polls", type=float, default=104.0, help="of practices, a second, in all")
    parser.add_argument("--subscribers", type=int, default=50)
    parser.add_argument("--adapters", type=int, default=2)
    parser.add_argument("--registries", type=int, default=2, help="processes of the registry")
    parser.add_argument("--people", type=int, default=100_000, help="whom messages are about")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


@contextmanager
def _area(folder: Path, chosen: argparse.Namespace) -> Generator[Place]:
    trusts = [f"RT{number + 1}" for number in range(chosen.adapters)]
    with ExitStack() as stack:
        server = stack.enter_context(in_folder(folder))
        for name in ("registry", *trusts):
            ensure_database(server, name.lower())
        url = server.url("registry")
        database.prepare(url)
        key = folder / "adapter.pem"
        with database.connect(url) as connection:
            _load_directory(connection, trusts)
            for trust in trusts:
                clients.add(
                    connection, f"a-{trust}", trust, "adapter", public_key(private_key(key))
                )
        started = [stack.enter_context(_registry(url)) for _ in range(chosen.registries)]
        addresses = tuple(address for address, _ in started)
        tokens = {one: asyncio.run(_tokens(url, one, trusts)) for one in addresses}
        mllp = {trust: free_port() for trust in trusts}
        adapters: list[int] = []
        for place, trust in enumerate(trusts):
            words = ["adapter", "--database", server.url(trust.lower()), "--key", str(key)]
            words += ["--client", f"a-{trust}", "--organisation", trust]
            words += ["--registry", addresses[place % len(addresses)]]
            adapters.append(
                stack.enter_context(running([*words, "--mllp", f"127.0.0.1:{mllp[trust]}"]))
            )
        yield Place(
            addresses,
            mllp,
            {trust: server.url(trust.lower()) for trust in trusts},
            url,
            tokens,
            {"registry": [pid for _, pid in started], "adapters": adapters},
        )


def _load_directory(connection: psycopg.Connection[Any], trusts: Sequence[str]) -> None:
    rows = [(BOARD, "Board One", "icb", None)]
    rows += [(trust, f"Trust {trust}", "acute", BOARD) for trust in trusts]
    rows += [(practice, f"Practice {practice}", "gp", BOARD) for practice in PRACTICES]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO organisation (ods, name, type, parent) VALUES (%s, %s, %s, %s)", rows
        )
    connection.commit()


async def _tokens(url: str, address: str, trusts: Sequence[str]) -> dict[str, str]:
    """A token for each organisation at one registry: a token names the address it is for."""
    readers: list[tuple[str, Role]] = [(BOARD, "icb")]
    readers.extend((practice, "gp") for practice in PRACTICES)
    readers.extend((trust, "provider") for trust in trusts)
    # Not a whole registry: it would tell subscribers, by settings of its own.
    async with database.pool(url, 2, WRITER) as pool:
        tokens = AccessTokens(RegistrySettings(url, address).access, pool)
        return {
            ods: await tokens.issue(Client(f"reader-{ods}", ods, role), OF_ROLE[role])
            for ods, role in readers
        }


@contextmanager
def _registry(url: str) -> Generator[tuple[str, int]]:
    where = f"127.0.0.1:{free_port()}"
    words = ["-m", "benchmarks.area.registry", "--database", url, "--http", where]
    process = subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_ready(f"http://{where}")
        yield f"http://{where}", process.pid
    finally:
        process.terminate()
        process.wait(60)


async def _run(place: Place, chosen: argparse.Namespace) -> Seen:
    endpoint = Endpoint()
    told = await endpoint.start()
    for number in range(chosen.subscribers):
        ods = PRACTICES[number % len(PRACTICES)]
        at = place.registries[number % len(place.registries)]
        await subscribe(at, place.tokens[at][ods], told)
    at_each = list(islice(cycle(place.registries), POLLING))
    whose = [(at, PRACTICES[number]) for number, at in enumerate(at_each)]
    practices = [Reader(at, place.tokens[at][ods], 20) for at, ods in whose]
    board = Reader(place.registries[0], place.tokens[place.registries[0]][BOARD], 100)
    whose.append((place.registries[0], BOARD))
    readers = [*practices, board]
    renewing = asyncio.create_task(_renew(place, list(zip(readers, whose, strict=True))))
    for reader in readers:
        await reader.open()
        await reader.ask()
    acknowledged, polls, queues = Acknowledged(), list[float](), list[Queues]()
    first_seen: dict[str, float] = {}
    sent = asyncio.Event()

    def seen(number: str, at: float) -> bool:
        first_seen.setdefault(number, at)
        return sent.is_set() and (
            acknowledged.deaths.keys() <= first_seen.keys()
            or time.perf_counter() > until + _PATIENCE
        )

    counting = asyncio.create_task(_count(place, queues))
    await _warm_up(place, chosen, queues)
    until = time.perf_counter() + 60 * chosen.minutes
    rate, stays = chosen.rate / len(place.mllp), chosen.stays / chosen.rate
    before = len(queues)
    watching = asyncio.create_task(watch(board, seen))
    async with asyncio.TaskGroup() as load:
        load.create_task(poll(practices, chosen.polls, until, polls))
        for number, (trust, port) in enumerate(place.mllp.items()):
            messages = feed(trust, number, stays, chosen.people, chosen.seed)
            load.create_task(send(port, messages, rate, until, acknowledged))
    ended = time.perf_counter()
    during = len(queues)
    sent.set()
    await _settled(queues, until + _PATIENCE)
    drained = time.perf_counter() - ended
    await asyncio.wait([watching], timeout=5)
    for task in (counting, watching, renewing):
        task.cancel()
    endpoint.stop()
    lags = [first_seen[n] - at for n, at in acknowledged.deaths.items() if n in first_seen]
    return Seen(
        sorted(acknowledged.spent),
        sorted(lags),
        sorted(polls),
        queues[before:during],
        drained,
        endpoint.events,
        len(acknowledged.deaths) - len(lags),
    )


async def _renew(place: Place, readers: Sequence[tuple[Reader, tuple[str, str]]]) -> None:
    """Tokens do not live as long as the longest runs."""
    while True:
        await asyncio.sleep(LIFETIME / 2)
        for at in place.registries:
            tokens = await _tokens(place.registry, at, list(place.mllp))
            for reader, (url, ods) in readers:
                if url == at:
                    reader.token = tokens[ods]


async def _warm_up(place: Place, chosen: argparse.Namespace, queues: Sequence[Queues]) -> None:
    """A few messages beforehand: processes are started by the first, and code loaded."""
    until = time.perf_counter() + _WARM_UP
    async with asyncio.TaskGroup() as load:
        for number, (trust, port) in enumerate(place.mllp.items()):
            early = feed(trust, number, 0, chosen.people, chosen.seed + 1)
            load.create_task(send(port, early, 10, until, Acknowledged()))
    await _settled(queues, until + _PATIENCE)


async def _settled(queues: Sequence[Queues], until: float) -> None:
    """Returns once nothing has waited for two looks, or at that moment."""
    looked = len(queues)
    while time.perf_counter() < until:
        if len(queues) > looked + 1 and set(queues[-2:]) == {Queues(0, 0, 0)}:
            return
        await asyncio.sleep(0.2)


async def _count(place: Place, into: list[Queues]) -> None:
    """Looks at the queues every second."""
    adapters = [
        await psycopg.AsyncConnection.connect(url, autocommit=True)
        for url in place.adapters.values()
    ]
    registry = await psycopg.AsyncConnection.connect(place.registry, autocommit=True)
    try:
        while True:
            rows = [await (await one.execute(_QUEUES)).fetchone() for one in adapters]
            untold = await (await registry.execute(_UNTOLD)).fetchone()
            assert untold is not None
            into.append(
                Queues(
                    sum(row[0] for row in rows if row),
                    sum(row[1] for row in rows if row),
                    int(untold[0]),
                )
            )
            await asyncio.sleep(1)
    finally:
        for one in (*adapters, registry):
            await one.close()


def _tell(seen: Seen, chosen: argparse.Namespace) -> int:
    sent = len(seen.acknowledged)
    print(f"messages acknowledged             {sent:,} ({sent / (60 * chosen.minutes):,.0f}/s)")
    print(f"acknowledgement p50 / p99         {_ms(seen.acknowledged)} ms after it was due")
    print(f"polls                             {len(seen.polls):,}, p50 / p99 {_ms(seen.polls)} ms")
    print(f"deaths                            {len(seen.lags) + seen.unseen:,}")
    print(f"acknowledgement to lead p50 / p99 {_ms(seen.lags)} ms; never seen: {seen.unseen}")
    print(f"events told to subscribers        {seen.events:,}")
    third = max(1, len(seen.queues) // 3)
    names = ("converted", "delivered", "told")
    parts = [seen.queues[at : at + third] for at in (0, third, 2 * third)]
    for name in names:
        means = [sum(getattr(one, name) for one in part) / max(1, len(part)) for part in parts]
        said = "  ".join(f"{mean:,.1f}" for mean in means)
        print(f"waiting to be {name:<20}mean by thirds {said}")
    print(f"seconds until nothing waits       {seen.drained:.1f}")
    print(f"cores                             {os.cpu_count()}, load {os.getloadavg()[0]:.1f}")
    is_kept = bool(seen.lags) and not seen.unseen and _at(seen.lags, 0.99) < 2
    print(f"goal, lead within 2 s (p99)       {'kept' if is_kept else 'missed'}")
    return 0 if is_kept else 1


def _ms(spent: Sequence[float]) -> str:
    if not spent:
        return "-"
    return f"{1000 * _at(spent, 0.5):,.0f} / {1000 * _at(spent, 0.99):,.0f}"


def _at(spent: Sequence[float], share: float) -> float:
    return spent[min(len(spent) - 1, int(len(spent) * share))]


if __name__ == "__main__":
    sys.exit(main())
