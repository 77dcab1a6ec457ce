"""`python -m benchmarks.national`: events dropped a second, beside a bare SELECT of the same
numbers in the same run."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from prometheus_client import CollectorRegistry

from benchmarks.temporary_server import temporary_database
from nhs import addresses, nhs_number
from registry import database
from registry.national.event import Kind, events
from registry.national.metrics import NationalMetrics
from registry.national.reception import Reception
from registry.store.reader import WRITER
from registry.store.transaction import Pool

DATABASE = "benchmark"
SIZES = (1, 10, 100)
_HOLD = """
    INSERT INTO identifier (system, value, cluster)
    SELECT %s, '9' || lpad(n::text, 9, '0'), (SELECT min(id) FROM cluster)
    FROM generate_series(0, %s - 1) AS n
"""
_BARE = "SELECT value FROM identifier WHERE system = %s AND value = ANY (%s)"

Work = Callable[[], Awaitable[object]]


def main() -> int:
    """Measures; prints a row for each size of delivery; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.national", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000, help="NHS numbers held")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    chosen = parser.parse_args()
    with temporary_database(DATABASE) as url:
        database.prepare(url)
        with database.connect(url) as connection:
            connection.execute("INSERT INTO cluster DEFAULT VALUES")
            connection.execute(_HOLD, (addresses.NHS_NUMBER, chosen.people))
            connection.commit()
            connection.autocommit = True
            connection.execute("VACUUM ANALYZE identifier")
        asyncio.run(_measure(url, chosen))
    return 0


async def _measure(url: str, chosen: argparse.Namespace) -> None:
    print("events in a delivery | dropped/s (least-most) | bare look-ups/s | of it")
    async with database.pool(url, 2, WRITER) as pool:
        reception = Reception(
            pool, frozenset(Kind), NationalMetrics(CollectorRegistry()), lambda: None
        )
        for size in SIZES:
            deliveries = [_delivery(first, size) for first in range(0, 100 * size, size)]
            dropped: list[float] = []
            bare: list[float] = []
            for _ in range(chosen.rounds):
                dropped.append(await _rate(_drop(reception, deliveries), size, chosen.seconds))
                bare.append(await _rate(_look_up(pool, size), size, chosen.seconds))
            ours, theirs = statistics.median(dropped), statistics.median(bare)
            spread = f"({min(dropped):,.0f}-{max(dropped):,.0f})"
            print(f"{size} | {ours:,.0f} {spread} | {theirs:,.0f} | {ours / theirs:.2f}")


def _drop(reception: Reception, deliveries: list[bytes]) -> Work:
    """All that becomes of a delivery: its JSON read, its events found, looked up, dropped."""
    turn = 0

    async def drop() -> None:
        nonlocal turn
        turn += 1
        raw = deliveries[turn % len(deliveries)]
        received = await reception.take(events(orjson.loads(raw)), "benchmark")
        assert not received.kept

    return drop


def _look_up(pool: Pool, size: int) -> Work:
    numbers = [_stranger(serial) for serial in range(size)]

    async def look_up() -> None:
        async with pool.connection() as connection:
            found = await connection.execute(_BARE, (addresses.NHS_NUMBER, numbers))
            await found.fetchall()

    return look_up


async def _rate(work: Work, size: int, seconds: float) -> float:
    begun = time.perf_counter()
    done = 0
    while time.perf_counter() - begun < seconds:
        await work()
        done += size
    return done / (time.perf_counter() - begun)


def _delivery(first: int, size: int) -> bytes:
    made = [_event(serial) for serial in range(first, first + size)]
    return orjson.dumps(made[0] if size == 1 else made)


def _event(serial: int) -> dict[str, Any]:
    number = _stranger(serial)
    return {
        "specversion": "1.0",
        "id": f"00000000-0000-4000-8000-{serial:012d}",
        "source": "https://fhir.nhs.uk/Id/nhsSpineASID/477121000324",
        "type": "pds-death-notification-2",
        "time": "2026-01-25T13:00:00Z",
        "dataref": f"https://pds.example/Patient/{number}",
        "subject": number,
    }


def _stranger(serial: int) -> str:
    """A valid number of the test range that is not among those held, which begin with 9 and are
    counted from zero."""
    nine = f"999{serial * 7:06d}"
    digit = nhs_number.check_digit(nine)
    return f"{nine}{digit}" if digit is not None else _stranger(serial + 100_000)


if __name__ == "__main__":
    raise SystemExit(main())
