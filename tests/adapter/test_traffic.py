"""The count of what each sender sends: added up in the database, whoever counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from adapter.database import connect
from adapter.door import Door
from adapter.metrics import Metrics
from adapter.receiver import Receiver
from adapter.traffic import MOST_KEYS, Traffic
from tests.adapter.conftest import examine

NOON = datetime(2026, 3, 2, 12, 40, tzinfo=UTC)


def stored(database: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(
            "SELECT organisation, hour, acknowledgement_code, messages, last_at"
            " FROM adapter.traffic ORDER BY 1, 2, 3"
        ).fetchall()


async def written(database: str, *each: Traffic) -> None:
    async with await connect(database, "test") as connection:
        for one in each:
            await one.write(connection)


async def test_processes_add_to_the_same_count(database: str) -> None:
    one, two = (
        Traffic(database, lambda: NOON),
        Traffic(database, lambda: NOON + timedelta(minutes=1)),
    )
    for traffic in (one, one, two):
        traffic.count("RXA", "AA")
    two.count("RXA", "AE")
    await written(database, two, one, one)
    hour = NOON.replace(minute=0)
    assert stored(database) == [
        ("RXA", hour, "AA", 3, NOON + timedelta(minutes=1)),
        ("RXA", hour, "AE", 1, NOON + timedelta(minutes=1)),
    ]


async def test_what_could_not_be_written_is_written_later(database: str) -> None:
    traffic = Traffic(database, lambda: NOON)
    traffic.count("RXA", "AA")
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("ALTER TABLE adapter.traffic RENAME TO gone")
        with pytest.raises(psycopg.Error):
            await written(database, traffic)
        owner.execute("ALTER TABLE adapter.gone RENAME TO traffic")
    traffic.count("RXA", "AA")
    await written(database, traffic)
    assert [row[3] for row in stored(database)] == [2]


async def test_invented_names_fill_neither_memory_nor_table(database: str) -> None:
    traffic = Traffic(database, lambda: NOON)
    for number in range(MOST_KEYS + 50):
        traffic.count(f"X{number:05}", "AR")
    traffic.count("<script>", "AR")
    await written(database, traffic)
    rows = stored(database)
    assert len(rows) == MOST_KEYS + 1
    assert rows[0][:4] == ("", NOON.replace(minute=0), "AR", 51)


async def test_a_stopped_count_is_written_and_an_old_one_forgotten(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO adapter.traffic VALUES"
            " ('OLD', date_trunc('hour', now() - interval '93 days', 'UTC'), 'AA', 1, now())"
        )
    traffic = Traffic(database)
    traffic.count("RXA", "AA")
    task = asyncio.create_task(traffic.run())
    while stored(database):
        await asyncio.sleep(0.01)
    traffic.stop()
    await task
    assert [row[0] for row in stored(database)] == ["RXA"]


async def test_every_way_in_counts_under_the_sender_of_the_message(
    database: str, metrics: Metrics, adt: Callable[..., bytes]
) -> None:
    traffic = Traffic(database, lambda: NOON)

    class Kept:
        async def store(self, entry: object) -> None:
            """Keeps nothing: the count is what is looked at."""

    door = Door(examine, lambda message: message.header.text(4))
    receiver = Receiver(door, Kept(), metrics, 1000, None, traffic)
    for raw in (adt("1"), adt("1"), adt("2", pid3=""), adt(""), b"nothing at all"):
        await receiver.receive(raw)
    await written(database, traffic)
    assert [(row[0], row[2], row[3]) for row in stored(database)] == [
        ("", "AR", 1),
        ("RXA", "AA", 2),
        ("RXA", "AE", 1),
        ("RXA", "AR", 1),
    ]
