"""`python -m benchmarks.area.sizes`: bytes of each table, and blocks of the database touched by a
message and by a query, with ever more people and reviews held. Unlike times, neither depends on
what else the machine does."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import Any

import orjson
import psycopg

from benchmarks.api import __main__ as reviews_held
from benchmarks.api import filling, work
from benchmarks.api.load import send
from benchmarks.derive.holding import hold, load_directory
from benchmarks.derive.people import Feed, mixed
from benchmarks.serving import running_registry
from benchmarks.temporary_server import temporary_server
from postgres.embedded import ensure_database
from registry import database
from registry.core import bundle_reading
from registry.core.identity import NumberPolicy
from registry.core.statement import Statement
from registry.store.recompute import Rules, record

_SIZES = """
    SELECT relname, reltuples::bigint, pg_table_size(oid), pg_indexes_size(oid)
    FROM pg_class WHERE relnamespace = 'registry'::regnamespace AND relkind = 'r'
    AND reltuples > %s ORDER BY pg_total_relation_size(oid) DESC
"""
_BLOCKS = "SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()"


def main() -> int:
    """Measures; prints tables; returns the exit code."""
    chosen = _arguments()
    with temporary_server() as server:
        for name in ("people", "reviews"):
            ensure_database(server, name)
        _living(server.url("people"), chosen)
        _reviews(server.url("reviews"), chosen)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.area.sizes", description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--reviews", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--times", type=int, default=400, help="messages and queries each")
    return parser.parse_args()


def _living(url: str, chosen: argparse.Namespace) -> None:
    """People with an admission and a discharge each, and messages about them."""
    database.prepare(url)
    held = 0
    with database.connect(url) as connection:
        load_directory(connection)
    for people in chosen.people:
        with database.connect(url) as connection:
            hold(connection, held, people)
        held = people
        _tell_sizes(url, f"{people:,} people", people)
        feed, random = Feed(), mixed(people, people, people * 100)
        told = [feed.bundle(*one)[1] for one in islice(random, 2 * chosen.times)]
        said = [bundle_reading.statements(orjson.loads(one)) for one in told]
        asyncio.run(_take(url, said[: chosen.times]))
        before, began = _blocks(url), time.process_time()
        asyncio.run(_take(url, said[chosen.times :]))
        spent = 1e6 * (time.process_time() - began) / chosen.times
        touched = (_blocks(url) - before) / chosen.times
        print(f"{people:,} people: {touched:,.0f} blocks and {spent:,.0f} µs of Python a message")


async def _take(url: str, said: Sequence[Sequence[Statement]]) -> None:
    async with database.pool(url, size=2) as pool:
        async with pool.connection() as connection:
            ids = await database.resource_ids(connection)
        for one in said:
            await record(pool, one, Rules(NumberPolicy(True), ids))


def _reviews(url: str, chosen: argparse.Namespace) -> None:
    """Deaths with a review each, and queries for them."""
    database.prepare(url)
    with database.connect(url) as connection:
        load_directory(connection)
        filling.load_directory(connection)
    asyncio.run(reviews_held._take_in(url, [filling.TEMPLATE]))  # pyright: ignore[reportPrivateUsage] - one way of filling a registry
    copied, random = 1, Random(1)  # noqa: S311 - which review is asked for is no secret
    for reviews in chosen.reviews:
        with database.connect(url) as connection:
            filling.copy(connection, copied, reviews)
            copies = reviews_held._copies(connection, random, reviews)  # pyright: ignore[reportPrivateUsage] - the same
        copied = reviews
        _tell_sizes(url, f"{reviews:,} reviews", reviews)
        board, owner = reviews_held.BOARD, filling.trust(1)
        streams = {
            "search by NHS number": (board, work.search(copies, random)),
            "read": (board, work.read(copies, random)),
            "read again": (board, work.reread(copies, random)),
            "worklist page of 50": (owner, work.worklist(owner)),
        }
        _queries(url, f"{reviews:,} reviews", streams, chosen.times)


def _queries(url: str, held: str, streams: dict[str, tuple[str, work.Stream]], times: int) -> None:
    tokens = asyncio.run(reviews_held._tokens(url, {who for who, _ in streams.values()}))  # pyright: ignore[reportPrivateUsage] - one way of asking
    for name, (who, stream) in streams.items():
        touched = list(_touched(url, tokens[who], stream, (times, 2 * times)))
        # The start and stop of a registry touch blocks too: as many in both.
        each = (touched[1] - touched[0]) / times
        print(f"{held}: {each:,.0f} blocks a {name}", flush=True)


def _touched(url: str, token: str, stream: work.Stream, counts: Sequence[int]) -> Iterator[int]:
    for count in counts:
        requests = list(islice(stream, count))
        before = _blocks(url)
        with running_registry(url) as address:
            answered = send([address], token, requests, 4)
        assert answered.statuses.keys() <= {200, 304}, answered.statuses
        yield _blocks(url) - before


def _blocks(url: str) -> int:
    """Blocks touched so far; connections that are closed are all counted."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(_BLOCKS).fetchone()
    assert row is not None
    return int(row[0])


def _tell_sizes(url: str, held: str, count: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
        rows: list[tuple[Any, ...]] = connection.execute(_SIZES, [count / 4]).fetchall()
    print(f"{held} | rows | table, bytes/{held.split()[1]} | indexes, bytes/{held.split()[1]}")
    for name, tuples, table, indexes in rows:
        print(f"{name} | {tuples:,} | {table / count:,.0f} | {indexes / count:,.0f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
