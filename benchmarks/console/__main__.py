"""`python -m benchmarks.console`: the console's first pages, with ever more reviews held, beside
its barest page, which asks only for the session. One after the other, through all but the
socket."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import httpx
import orjson
from starlette.applications import Starlette

from benchmarks.api import filling
from benchmarks.derive.holding import load_directory
from benchmarks.derive.people import Feed
from benchmarks.temporary_server import temporary_database
from console.service import Console
from console.session import store
from console.session.cookies import session_cookie
from console.session.session import SignedIn
from console.settings import ConsoleSettings, Credential, ProviderSettings
from console.sign_in import roles_file
from console.sign_in.admission import Place
from registry import database
from registry.core import bundle_reading
from registry.core.identity import NumberPolicy
from registry.limits.buckets import Limits, Rate
from registry.service import Registry
from registry.settings import RegistrySettings
from registry.store.reader import WRITER
from registry.store.recompute import Rules, record

BASE = "http://127.0.0.1:1"
DATABASE = "measured"
BARE = "/account"
PAGES = (
    BARE,
    "/",
    "/worklist",
    "/worklist?lead=us&order=changed",
    "/worklist?necessity=to-be-screened",
    "/worklist/changes",
)
SETTLING = 3
HEAD = (
    "| reviews held | of the trust | page | p50 ms | p95 ms | beside the barest, p50 | bytes |\n"
    "| --- | --- | --- | --- | --- | --- | --- |"
)


def main() -> int:
    """Measures, and prints a row for each number of reviews and page; returns the exit code."""
    chosen = _arguments()
    with temporary_database(DATABASE, chosen.data) as url:
        database.prepare(url)
        with database.connect(url) as connection:
            load_directory(connection)
            filling.load_directory(connection)
        asyncio.run(_first_person(url))
        print(HEAD)
        copied = 1
        for reviews in chosen.reviews:
            with database.connect(url) as connection:
                filling.copy(connection, copied, reviews)
            copied = reviews
            asyncio.run(_measure(url, reviews, chosen.rounds))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__)
    parser.add_argument(
        "--reviews", type=int, nargs="+", default=[10_000, 100_000], help="how many are held"
    )
    parser.add_argument("--rounds", type=int, default=100, help="each page once in each")
    parser.add_argument("--data", type=Path, help="where there is room: some 25 kB a review")
    return parser.parse_args()


async def _first_person(url: str) -> None:
    """The one whom the others are copies of, taken in by the registry itself."""
    feed = Feed()
    async with database.pool(url, size=2) as pool:
        async with pool.connection() as connection:
            ids = await database.resource_ids(connection)
        rules = Rules(NumberPolicy(True), ids)
        for kind, day in (("A01", 1), ("died", 9)):
            _, said = feed.bundle(filling.TEMPLATE, kind, str(day), day)
            await record(pool, bundle_reading.statements(orjson.loads(said)), rules)


async def _measure(url: str, reviews: int, rounds: int) -> None:
    trust = filling.trust(1)
    async with AsyncExitStack() as stack:
        limits = Limits(Rate(0), Rate(0))
        registry = Registry(RegistrySettings(url, BASE, allow_test_numbers=True, limits=limits))
        await registry.start()
        stack.push_async_callback(registry.stop)
        provider = ProviderSettings(f"{BASE}/none", "none", Credential("secret", "none"))
        console = Console(ConsoleSettings(url, BASE, provider, roles_file.default()), registry.api)
        await console.start()
        stack.push_async_callback(console.stop)
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(Starlette(routes=console.routes)),
                base_url=BASE,
                cookies={session_cookie(is_https=False).name: await _signed_in(url, trust)},
            )
        )
        times, sizes = await _turns(client, rounds)
    with database.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM readable WHERE organisation = %s AND type = 'Task'", (trust,)
        ).fetchone()
    assert row is not None
    bare = median(times[BARE])
    for page, found in times.items():
        at_95 = sorted(found)[int(len(found) * 0.95)]
        print(
            f"| {reviews:,} | {row[0]:,} | `{page}` | {median(found) * 1000:.1f} "
            f"| {at_95 * 1000:.1f} | {median(found) / bare:.1f} times | {sizes[page]:,} |"
        )


async def _signed_in(url: str, trust: str) -> str:
    place = Place(trust, "provider", "Benchmark")
    who = SignedIn("999000000001", "Robin Example", (place,), "none")
    async with database.pool(url, 2, WRITER) as pool, pool.connection() as connection:
        return await store.begin(connection, who, place, datetime.now(UTC))


async def _turns(
    client: httpx.AsyncClient, rounds: int
) -> tuple[dict[str, Sequence[float]], dict[str, int]]:
    """Every page once in every round, so that a busy machine is as busy for all; seconds, and the
    bytes of headers and body."""
    times: dict[str, list[float]] = {page: [] for page in PAGES}
    sizes: dict[str, int] = {}
    for number in range(rounds + SETTLING):
        for page in PAGES:
            began = time.perf_counter()
            answer = await client.get(page)
            took = time.perf_counter() - began
            assert answer.status_code == 200, (page, answer.status_code)
            if number >= SETTLING:
                times[page].append(took)
            headers = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
            sizes[page] = headers + len(answer.content)
    return dict(times), sizes


if __name__ == "__main__":
    sys.exit(main())
