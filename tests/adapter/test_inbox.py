"""The inbox: committed before it says so, together where many wait, and refused when in doubt."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg
import pytest
from psycopg import conninfo

from adapter.door import Entry
from adapter.inbox import CannotStore, Inbox, Limits
from adapter.metrics import Metrics
from adapter.reason import Reason

UNREACHABLE = "postgresql://nobody@127.0.0.1:1/nothing"


def entry(text: str, organisation: str = "RXA", fault: Reason | None = None) -> Entry:
    raw = text.encode()
    return Entry(organisation, text[:8], "A03", raw, hashlib.sha256(raw).digest(), fault)


@asynccontextmanager
async def running(
    database: str,
    metrics: Metrics,
    woken: Callable[[], None] = lambda: None,
    limits: Limits | None = None,
) -> AsyncGenerator[Inbox]:
    inbox = Inbox(database, metrics, woken, limits)
    task = asyncio.create_task(inbox.run())
    try:
        yield inbox
    finally:
        await inbox.close()
        await task


def rows(database: str, query: str = "SELECT control_id, state FROM adapter.inbox ORDER BY id"):
    with psycopg.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


async def test_store_returns_after_the_commit(database: str, metrics: Metrics) -> None:
    woken: list[bool] = []
    async with running(database, metrics, lambda: woken.append(True)) as inbox:
        await inbox.store(entry("one"))
        assert rows(database) == [("one", "received")]
        assert woken


async def test_waiting_messages_share_commits(database: str, metrics: Metrics) -> None:
    woken: list[bool] = []
    async with running(database, metrics, lambda: woken.append(True)) as inbox:
        await asyncio.gather(*(inbox.store(entry(f"m{n}")) for n in range(500)))
    assert len(rows(database)) == 500
    assert len(woken) < 50


async def test_same_message_again_is_the_same_row(database: str, metrics: Metrics) -> None:
    async with running(database, metrics) as inbox:
        await asyncio.gather(*(inbox.store(entry("same")) for _ in range(20)))
        await inbox.store(entry("same"))
        await inbox.store(entry("same", organisation="RXB"))
    assert len(rows(database)) == 2


async def test_same_control_id_with_other_content_is_a_new_row(
    database: str, metrics: Metrics
) -> None:
    async with running(database, metrics) as inbox:
        await inbox.store(entry("identity then one thing"))
        await inbox.store(entry("identity then another"))
    assert [control_id for control_id, _ in rows(database)] == ["identity"] * 2


async def test_fault_goes_into_quarantine(database: str, metrics: Metrics) -> None:
    async with running(database, metrics) as inbox:
        await inbox.store(entry("bad", fault=Reason("101", "PID[1]-3", "PID-3 is empty.")))
    query = "SELECT state, reason_code, reason_location, reason_text FROM adapter.inbox"
    assert rows(database, query) == [("quarantined", "101", "PID[1]-3", "PID-3 is empty.")]


async def test_database_that_is_away_refuses(metrics: Metrics) -> None:
    async with running(UNREACHABLE, metrics) as inbox:
        with pytest.raises(CannotStore):
            await inbox.store(entry("lost"))


async def test_killed_connection_is_replaced_and_nothing_is_lost(
    database: str, metrics: Metrics
) -> None:
    async with running(database, metrics) as inbox:
        await inbox.store(entry("before"))
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'adapter inbox' AND datname = current_database()"
            )
        await inbox.store(entry("after"))
    assert [control_id for control_id, _ in rows(database)] == ["before", "after"]


async def test_commit_that_takes_too_long_is_refused_and_the_next_is_stored(
    database: str, metrics: Metrics
) -> None:
    limits = Limits(seconds=0.3)
    async with running(database, metrics, limits=limits) as inbox:
        async with await psycopg.AsyncConnection.connect(database) as connection:
            await connection.execute("LOCK TABLE adapter.inbox IN EXCLUSIVE MODE")
            with pytest.raises(CannotStore):
                await inbox.store(entry("waits"))
        await inbox.store(entry("next"))
    assert ("next", "received") in rows(database)


async def test_row_the_database_does_not_take_refuses_itself_alone(
    database: str, metrics: Metrics
) -> None:
    async with running(database, metrics) as inbox:
        results = await asyncio.gather(
            *(inbox.store(entry(text)) for text in ("good 1", "bad\0", "good 2")),
            return_exceptions=True,
        )
    assert [type(result) for result in results] == [type(None), CannotStore, type(None)]
    assert {control_id for control_id, _ in rows(database)} == {"good 1", "good 2"}


async def test_messages_wait_when_too_much_waits(database: str, metrics: Metrics) -> None:
    limits = Limits(rows=2, bytes=100, waiting_bytes=300)
    async with running(database, metrics, limits=limits) as inbox:
        await asyncio.gather(*(inbox.store(entry(f"{n}" * 90)) for n in range(10, 40)))
    assert len(rows(database)) == 30


async def test_closing_writes_what_waits_and_takes_no_more(database: str, metrics: Metrics) -> None:
    inbox = Inbox(database, metrics, lambda: None)
    stores = [asyncio.create_task(inbox.store(entry(f"m{n}"))) for n in range(5)]
    await asyncio.sleep(0)
    await inbox.close()
    await inbox.run()
    assert await asyncio.gather(*stores) == [None] * 5
    with pytest.raises(CannotStore):
        await inbox.store(entry("late"))


async def test_commit_is_durable_even_where_the_database_says_otherwise(
    database: str, metrics: Metrics
) -> None:
    name = conninfo.conninfo_to_dict(database)["dbname"]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off".encode())
    async with running(database, metrics) as inbox:
        await inbox.store(entry("one"))
        connection = inbox._connection  # pyright: ignore[reportPrivateUsage]
        assert connection is not None
        shown = await (await connection.execute("SHOW synchronous_commit")).fetchone()
    assert shown == ("on",)


async def test_messages_with_and_without_faults_and_traces_share_a_commit(
    database: str, metrics: Metrics
) -> None:
    traced = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    fault = Reason("101", "PID[1]-3", "PID-3 is empty.")
    async with running(database, metrics) as inbox:
        await asyncio.gather(
            inbox.store(entry("plain")),
            inbox.store(entry("bad", fault=fault)),
            inbox.store(replace(entry("traced"), traceparent=traced)),
        )
        await inbox.store(entry("alone"))
    query = "SELECT control_id, state, reason_text, traceparent FROM adapter.inbox ORDER BY id"
    assert rows(database, query) == [
        ("plain", "received", None, None),
        ("bad", "quarantined", "PID-3 is empty.", None),
        ("traced", "received", None, traced),
        ("alone", "received", None, None),
    ]
