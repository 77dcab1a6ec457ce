"""The rows over a real database: committed before the answer, linked soon after, never changed; and
what somebody does to them behind the registry's back is found in its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, RaiseException

from lfd.command import main
from registry import audit_record, database
from registry.audit import storing
from registry.audit.chain import Anchor, month_of
from registry.audit.event import Record
from registry.audit.recorder import NotRecorded, Recorder
from registry.store.reader import WRITER
from registry.store.transaction import Pool
from tests.registry.audit.acting import act, made, task


@pytest.fixture
async def pool(database_url: str) -> AsyncGenerator[Pool]:
    async with database.pool(database_url, 4, WRITER) as opened:
        yield opened


@pytest.fixture
async def recorder(pool: Pool) -> AsyncGenerator[Recorder]:
    running = Recorder(pool)
    running.start()
    yield running
    await running.stop()


def some(count: int) -> list[Record]:
    now = datetime.now(UTC)
    return [made(act(at=now, shown=(task(audience=("RT1", "QX1")),)))[0] for _ in range(count)]


async def keep(pool: Pool, count: int) -> None:
    async with pool.connection() as connection:
        await storing.add(connection, some(count))


async def seal(pool: Pool) -> None:
    while await storing.seal_some(pool):
        pass


async def all_sealed(url: str, count: int) -> None:
    """Waits until so many rows are linked."""
    while sum((await audit_record.verified(url, [])).linked.values()) < count:
        await asyncio.sleep(0.01)


def behind(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Runs SQL as the owner of the tables, with the triggers out of the way."""
    with psycopg.connect(url, options="-c search_path=registry") as connection:
        connection.execute("SET session_replication_role = replica")
        found: list[tuple[Any, ...]] = []
        for statement in statements:
            cursor = connection.execute(statement.encode())
            found = cursor.fetchall() if cursor.description else []
        return found


async def test_concurrent_acts_are_kept_and_linked(recorder: Recorder, database_url: str) -> None:
    await asyncio.gather(*(recorder.keep(some(3)) for _ in range(100)))
    assert behind(database_url, "SELECT count(*) FROM audit_event") == [(300,)]
    await all_sealed(database_url, 300)
    found = await audit_record.verified(database_url, [])
    assert found.holds and found.waiting == 0


async def test_many_sealers_make_one_chain(pool: Pool, database_url: str) -> None:
    async def write_and_seal() -> None:
        for _ in range(10):
            await keep(pool, 2)
            await storing.seal_some(pool)

    await asyncio.gather(*(write_and_seal() for _ in range(4)))
    await seal(pool)
    found = await audit_record.verified(database_url, [])
    assert found.holds
    assert sum(found.linked.values()) == 80


async def test_a_row_of_a_longer_transaction_is_linked_when_it_is_there(
    pool: Pool, database_url: str
) -> None:
    """Numbers are given before the commit, so they come out of order."""
    async with pool.connection() as slow:
        await storing.add(slow, some(1))
        await keep(pool, 2)
        await seal(pool)
        assert sum((await audit_record.verified(database_url, [])).linked.values()) == 2
    assert (await audit_record.verified(database_url, [])).waiting == 1
    await seal(pool)
    found = await audit_record.verified(database_url, [])
    assert found.holds and sum(found.linked.values()) == 3 and found.waiting == 0
    numbers = behind(database_url, "SELECT number FROM audit_seal ORDER BY place")
    assert numbers != sorted(numbers)


async def test_what_cannot_be_committed_is_not_kept(pool: Pool, database_url: str) -> None:
    recorder = Recorder(pool)
    recorder.start()
    try:
        too_early = [replace(one, at=datetime(1999, 1, 1, tzinfo=UTC)) for one in some(1)]
        with pytest.raises(NotRecorded):
            await recorder.keep(too_early)
        await recorder.keep(some(1))
    finally:
        await recorder.stop()
    assert behind(database_url, "SELECT count(*) FROM audit_event") == [(1,)]


async def test_what_still_waits_at_the_end_is_refused(pool: Pool) -> None:
    recorder = Recorder(pool)
    kept = asyncio.create_task(recorder.keep(some(1)))
    await asyncio.sleep(0)
    await recorder.stop()
    with pytest.raises(NotRecorded):
        await kept


@pytest.mark.parametrize("table", ["audit_event", "audit_seal"])
@pytest.mark.parametrize("how", ["UPDATE {} SET number = 0", "DELETE FROM {}", "TRUNCATE {}"])
async def test_neither_writer_nor_owner_can_change_it(
    pool: Pool, database_url: str, table: str, how: str
) -> None:
    await keep(pool, 2)
    await seal(pool)
    statement = sql.SQL(how).format(sql.Identifier(table))  # pyright: ignore[reportArgumentType]
    async with pool.connection() as connection:
        with pytest.raises(InsufficientPrivilege):
            await connection.execute(statement)
        await connection.rollback()
    with (
        psycopg.connect(database_url, options="-c search_path=registry") as owner,
        pytest.raises(RaiseException, match="never changed or removed"),
    ):
        owner.execute(statement)


async def test_a_partition_cannot_be_emptied_by_itself(pool: Pool, database_url: str) -> None:
    await keep(pool, 1)
    part = f"audit_event_{datetime.now(UTC):%Y%m}"
    with psycopg.connect(database_url, options="-c search_path=registry") as owner:
        for how in ("TRUNCATE {}", "DELETE FROM {}"):
            with pytest.raises(RaiseException):
                owner.execute(sql.SQL(how).format(sql.Identifier(part)))
            owner.rollback()
    async with pool.connection() as connection:
        with pytest.raises(InsufficientPrivilege):
            await connection.execute(sql.SQL("SELECT FROM {}").format(sql.Identifier(part)))


TAMPERINGS = {
    "a changed event": (
        "UPDATE audit_event SET content = replace(content, 'RT1', 'RT2') WHERE number = {at}",
        "changed",
    ),
    "an event that hides": ("UPDATE audit_event SET roles = '{{}}' WHERE number = {at}", "changed"),
    "a removed event": ("DELETE FROM audit_event WHERE number = {at}", "gone"),
    "a removed row of the chain": ("DELETE FROM audit_seal WHERE number = {at}", "gone"),
    "a changed hash": (
        "UPDATE audit_seal SET hash = sha256(hash) WHERE number = {at}",
        "changed",
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_tampering_is_found_in_its_place(pool: Pool, database_url: str, name: str) -> None:
    statement, why = TAMPERINGS[name]
    await keep(pool, 5)
    await seal(pool)
    ((number,),) = behind(database_url, "SELECT number FROM audit_seal WHERE place = 3")
    behind(database_url, statement.format(at=number))
    found = await audit_record.verified(database_url, [])
    assert found.broken[0].place == 3
    assert why in found.broken[0].why
    assert all(one.place in (0, 3, 4) for one in found.broken)


async def test_an_event_put_there_by_hand_is_found(pool: Pool, database_url: str) -> None:
    await keep(pool, 2)
    await seal(pool)
    behind(
        database_url,
        "INSERT INTO audit_event (at, id, roles, content) VALUES (now(), 'x', '{}', '{}')",
    )
    (broken,) = (await audit_record.verified(database_url, [])).broken
    assert "never linked" in broken.why


async def test_only_an_anchor_tells_that_the_end_was_cut_off(pool: Pool, database_url: str) -> None:
    await keep(pool, 5)
    await seal(pool)
    kept = await audit_record.anchors(database_url)
    assert kept[0].place == 5
    behind(
        database_url,
        "DELETE FROM audit_event WHERE number IN (SELECT number FROM audit_seal WHERE place > 3)",
        "DELETE FROM audit_seal WHERE place > 3",
    )
    assert (await audit_record.verified(database_url, [])).holds
    (broken,) = (await audit_record.verified(database_url, kept)).broken
    assert broken.place == 5 and "rows are gone" in broken.why
    # A chain made anew from changed events has another hash.
    await keep(pool, 2)
    await seal(pool)
    (broken,) = (await audit_record.verified(database_url, kept)).broken
    assert "not the one" in broken.why


async def test_partitions_are_made_once_by_whoever_is_first(pool: Pool) -> None:
    months = [date(2031, 1, 1), date(2031, 2, 1)]

    async def make() -> None:
        async with pool.connection() as connection:
            await storing.make_partitions(connection, months)

    await asyncio.gather(make(), make(), make())
    at = datetime(2031, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)
    async with pool.connection() as connection:
        await storing.add(connection, [replace(one, at=at) for one in some(1)])
    await seal(pool)
    async with pool.connection() as connection:
        assert [one.month for one in await storing.anchors(connection)] == [date(2031, 1, 1)]


async def test_the_command_says_ok_or_where(
    pool: Pool, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await keep(pool, 3)
    await seal(pool)

    async def lfd(*words: str) -> tuple[int, str]:
        code = await asyncio.to_thread(main, ["audit", *words, "--database", database_url])
        return code, capsys.readouterr().out

    code, printed = await lfd("anchor")
    assert code == 0
    anchors = tmp_path / "anchors.txt"
    anchors.write_text(printed)
    assert Anchor(month_of(datetime.now(UTC)), 3, b"").place == int(printed.split()[1])
    assert await lfd("verify", "--anchors", str(anchors)) == (
        0,
        f"{datetime.now(UTC):%Y-%m}: 3 events linked\nOK, and as 1 anchor says\n",
    )
    behind(
        database_url,
        "DELETE FROM audit_event WHERE number IN (SELECT number FROM audit_seal WHERE place = 2)",
    )
    code, printed = await lfd("verify")
    assert code == 2
    assert "row 2, event" in printed and "the event is gone" in printed
    assert "OK" not in printed.splitlines()
