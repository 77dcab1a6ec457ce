"""Processing: every received message comes to an end, and a bad one harms no other."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import psycopg
import pytest

from adapter import quarantine
from adapter.database import connect
from adapter.metrics import Metrics
from adapter.processing import Processing
from adapter.reason import Reason
from adapter.treatment import CONVERTED, NOT_RELEVANT, QUARANTINED, Treated, in_turn
from tests.adapter.waited_on import WaitedOn


def treat(raw: bytes) -> Treated:
    """A stand-in for the conversion: what happens stands in the message."""
    text = raw.decode()
    if text.startswith("crash"):
        raise ValueError(f"a secret: {text}")
    if text.startswith("refuse"):
        return Treated(QUARANTINED, None, Reason("102", "PID[1]-7", "PID-7 is no date."))
    if text.startswith("skip"):
        return Treated(NOT_RELEVANT)
    return Treated(CONVERTED, b'{"of":"%s"}' % raw)


def receive(database: str, *texts: str) -> None:
    with psycopg.connect(database) as connection:
        for text in texts:
            connection.execute(
                "INSERT INTO adapter.inbox (organisation, control_id, trigger, sha256, raw, state)"
                " VALUES ('RXA', %s, 'A03', %s, %s, 'received')",
                [text, hashlib.sha256(text.encode()).digest(), text.encode()],
            )


def states(database: str) -> dict[str, str]:
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT control_id, state FROM adapter.inbox").fetchall()
    return {str(control_id): str(state) for control_id, state in found}


def outbox(database: str) -> list[bytes]:
    with psycopg.connect(database) as connection:
        query = "SELECT bundle FROM adapter.outbox ORDER BY inbox_id"
        return [bytes(bundle) for (bundle,) in connection.execute(query)]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(
    database: str, metrics: Metrics
) -> AsyncGenerator[tuple[WaitedOn, asyncio.Event]]:
    wake, converted = WaitedOn(), asyncio.Event()
    processing = Processing(database, in_turn(treat), metrics, wake, converted)
    task = asyncio.create_task(processing.run())
    try:
        yield wake, converted
    finally:
        processing.stop()
        await task


async def test_each_message_comes_to_its_state(database: str, metrics: Metrics) -> None:
    receive(database, "good 1", "crash", "refuse", "skip", "good 2")
    processing = Processing(database, in_turn(treat), metrics, asyncio.Event(), asyncio.Event())
    async with await connect(database, "test") as connection:
        assert await processing.process(connection) == 5
        assert await processing.process(connection) == 0
    assert states(database) == {
        "good 1": "converted",
        "crash": "quarantined",
        "refuse": "quarantined",
        "skip": "not-relevant",
        "good 2": "converted",
    }
    assert outbox(database) == [b'{"of":"good 1"}', b'{"of":"good 2"}']


async def test_reasons_can_be_acted_on_and_tell_no_secret(
    database: str, metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    receive(database, "crash", "refuse")
    processing = Processing(database, in_turn(treat), metrics, asyncio.Event(), asyncio.Event())
    async with await connect(database, "test") as connection:
        await processing.process(connection)
    with psycopg.connect(database) as connection:
        crash, refuse = quarantine.messages(connection)
    assert crash.code == "207"
    assert "ValueError" in crash.text
    assert "secret" not in crash.text
    assert refuse.reason == Reason("102", "PID[1]-7", "PID-7 is no date.")
    assert "secret" not in caplog.text
    assert f"inbox_id={crash.id}" in caplog.text


async def test_worker_is_woken(
    database: str, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By itself it would look in an hour: what comes of it comes of being woken.
    monkeypatch.setattr("adapter.processing.LOOK_EVERY", 3600.0)
    async with running(database, metrics) as (wake, converted):
        await wake.waited.wait()
        receive(database, "good")
        wake.set()
        await converted.wait()


async def test_worker_looks_by_itself(database: str, metrics: Metrics) -> None:
    async with running(database, metrics) as (wake, _):
        await wake.waited.wait()
        receive(database, "good")
        await until(lambda: states(database) == {"good": "converted"})


async def test_two_workers_share_the_work(database: str, metrics: Metrics) -> None:
    receive(database, *(f"good {n}" for n in range(300)))
    async with running(database, metrics), running(database, metrics):
        await until(lambda: set(states(database).values()) == {"converted"})
    assert len(outbox(database)) == 300


async def test_worker_goes_on_after_its_connection_was_killed(
    database: str, metrics: Metrics
) -> None:
    async with running(database, metrics) as (wake, _):
        await wake.waited.wait()
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'adapter processing' AND datname = current_database()"
            )
        receive(database, "good")
        await until(lambda: states(database) == {"good": "converted"})


async def test_release_with_corrected_content(database: str, metrics: Metrics) -> None:
    receive(database, "refuse")
    async with running(database, metrics):
        await until(lambda: states(database) == {"refuse": "quarantined"})
        with psycopg.connect(database) as connection:
            (waiting,) = quarantine.messages(connection)
            quarantine.release(connection, waiting.id, b"good now")
        await until(lambda: states(database) == {"refuse": "converted"})
    assert outbox(database) == [b'{"of":"good now"}']
    with psycopg.connect(database) as connection:
        kept = connection.execute("SELECT raw, corrected, releases FROM adapter.inbox").fetchone()
    assert kept == (b"refuse", b"good now", 1)


async def test_release_as_it_is(database: str, metrics: Metrics) -> None:
    receive(database, "refuse")
    async with running(database, metrics):
        await until(lambda: states(database) == {"refuse": "quarantined"})
        with psycopg.connect(database) as connection:
            (waiting,) = quarantine.messages(connection)
            quarantine.release(connection, waiting.id)
            assert quarantine.messages(connection) == []
            with pytest.raises(quarantine.NotQuarantined):
                quarantine.release(connection, waiting.id)
        await until(lambda: states(database) == {"refuse": "quarantined"})
    with psycopg.connect(database) as connection:
        shown = quarantine.show(connection, waiting.id)
        assert (shown.raw, shown.corrected, shown.releases) == (b"refuse", None, 1)
        with pytest.raises(quarantine.NotQuarantined):
            quarantine.show(connection, waiting.id + 1)


async def test_quarantine_is_listed_page_by_page(database: str, metrics: Metrics) -> None:
    receive(database, *(f"refuse {n}" for n in range(5)))
    processing = Processing(database, in_turn(treat), metrics, asyncio.Event(), asyncio.Event())
    async with await connect(database, "test") as connection:
        await processing.process(connection)
    with psycopg.connect(database) as connection:
        first = quarantine.messages(connection, limit=3)
        rest = quarantine.messages(connection, after=first[-1].id)
    assert [m.control_id for m in first + rest] == [f"refuse {n}" for n in range(5)]
