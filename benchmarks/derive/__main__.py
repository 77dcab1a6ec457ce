"""`python -m benchmarks.derive`: `$process-message` under load, with ever more people held."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import ExitStack
from itertools import count, islice

from benchmarks.derive.bound import bare_commits
from benchmarks.derive.holding import hold, load_directory
from benchmarks.derive.load import Measured, send
from benchmarks.derive.people import TRUSTS, Feed, mixed
from benchmarks.serving import PUBLIC, running_registry
from benchmarks.temporary_server import temporary_database
from registry import database
from registry.access.clients import Client
from registry.access.scopes import OF_ROLE
from registry.service import Registry
from registry.settings import RegistrySettings

GOAL = 300.0
DATABASE = "benchmark"


def main() -> int:
    """Measures; prints a row for each number of people; returns the exit code."""
    chosen = _arguments()
    with temporary_database(DATABASE) as url:
        database.prepare(url)
        with database.connect(url) as connection:
            load_directory(connection)
        print("people held | messages/s | p50 ms | p99 ms | p99 ms at 300/s | bare commits/s")
        held, first = 0, count(1)
        for people in chosen.people:
            with database.connect(url) as connection:
                hold(connection, held, people)
            held = people
            row = _measure(url, people, chosen, next(first))
            print(row, flush=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.derive", description=__doc__)
    parser.add_argument(
        "--people",
        type=int,
        nargs="+",
        default=[10_000, 100_000],
        help="how many people are held, one measurement for each, at most 1,000,000",
    )
    parser.add_argument("--messages", type=int, default=6_000, help="sent in each measurement")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--processes", type=int, default=2, help="of the registry")
    return parser.parse_args()


def _measure(url: str, people: int, chosen: argparse.Namespace, turn: int) -> str:
    feed = Feed()
    told = mixed(people, seed=turn, first=turn * 10_000_000)
    bundles = [feed.bundle(*one) for one in islice(told, 2 * chosen.messages)]
    tokens = asyncio.run(_tokens(url))
    with ExitStack() as stack:
        addresses = [stack.enter_context(running_registry(url)) for _ in range(chosen.processes)]
        fast = send(addresses, tokens, bundles[: chosen.messages], chosen.connections)
        paced = send(addresses, tokens, bundles[chosen.messages :], chosen.connections, GOAL)
    bound = bare_commits(url, bundles[: chosen.messages], chosen.connections)
    return _row(people, fast, paced, bound)


def _row(people: int, fast: Measured, paced: Measured, bound: float) -> str:
    p50, p99 = (1000 * fast.percentile(share) for share in (0.5, 0.99))
    at_goal = 1000 * paced.percentile(0.99)
    return f"{people:,} | {fast.rate:,.0f} | {p50:.1f} | {p99:.1f} | {at_goal:.1f} | {bound:,.0f}"


async def _tokens(url: str) -> dict[str, str]:
    registry = Registry(RegistrySettings(url, PUBLIC, allow_test_numbers=True, pool_size=2))
    await registry.start()
    tokens = {
        trust: await registry.tokens.issue(
            Client(f"adapter-{trust}", trust, "adapter"), OF_ROLE["adapter"]
        )
        for trust in TRUSTS
    }
    await registry.stop()
    return tokens


if __name__ == "__main__":
    sys.exit(main())
