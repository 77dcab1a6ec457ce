"""The watermark: with it, who polls by time misses nothing, however late somebody commits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
from hypothesis import given
from hypothesis import strategies as st

from registry.store import moment
from registry.store.transaction import Connection
from registry.store.watermark import MOST, Notes, Watermark
from tests.registry.core.stating import T1, Sender
from tests.registry.store.conftest import Store

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def test_nothing_is_safe_until_all_that_was_in_flight_has_ended() -> None:
    notes = Notes()
    notes.note(10, at(0))
    notes.note(20, at(5))
    assert notes.safe(9) is None
    assert notes.safe(10) is None
    assert notes.safe(11) == at(0)
    assert notes.safe(20) == at(0)
    assert notes.safe(21) == at(5)
    assert notes.safe(15) == at(0)  # asked of a standby, which has not seen the second end


def test_a_transaction_that_stays_open_for_hours_costs_little_and_holds_the_mark() -> None:
    notes = Notes()
    for n in range(MOST * 10):
        notes.note(n, at(n))
    assert notes.safe(1) == at(0)
    assert notes.safe(MOST * 10) == at(MOST * 10 - 1)
    for oldest in range(1, MOST * 10, MOST // 4):
        safe = notes.safe(oldest)
        assert safe is not None
        assert safe < at(oldest)


def test_ids_that_are_given_out_again_count_as_they_are_given_now() -> None:
    notes = Notes()
    notes.note(10, at(0))
    notes.note(30, at(5))
    notes.note(20, at(9))
    assert notes.safe(20) == at(0)
    assert notes.safe(21) == at(9)


@given(st.data())
def test_whoever_asks_from_the_mark_on_misses_nothing(data: st.DataObject) -> None:
    """Transactions take an id, then a stamp, then commit, each at its time; who polls now and then
    asks from its mark on. In the end it has seen everything."""
    count = data.draw(st.integers(1, 6))
    events: list[tuple[int, str, int]] = []
    for n in range(count):
        times = sorted(data.draw(st.lists(st.integers(0, 40), min_size=3, max_size=3)))
        events += [(t, what, n) for t, what in zip(times, ("id", "stamp", "commit"), strict=True)]
    for n, what in enumerate(data.draw(st.lists(st.sampled_from(["note", "poll"]), max_size=12))):
        events.append((data.draw(st.integers(0, 41)), what, n))
    events += [(50, "poll", 0)]
    order = {"id": 0, "stamp": 1, "note": 2, "commit": 3, "poll": 4}
    notes, given_out, seen, mark = Notes(), 0, set[int](), None
    ids: dict[int, int] = {}
    stamps: dict[int, datetime] = {}
    committed: set[int] = set()
    for now, what, n in sorted(events, key=lambda e: (e[0], order[e[1]])):
        match what:
            case "id":
                given_out += 1
                ids[n] = given_out
            case "stamp":
                stamps[n] = at(now)
            case "commit":
                committed.add(n)
            case "note":
                given_out += 1
                notes.note(given_out, at(now))
            case _:
                running = [ids[m] for m in ids if m not in committed]
                safe = notes.safe(min([*running, given_out + 1]))
                seen |= {m for m in committed if mark is None or stamps[m] >= mark}
                mark = safe if safe is not None else mark
    assert seen == set(range(count))


async def test_what_is_committed_late_is_seen_by_whoever_goes_on_from_the_mark(
    store: Store,
) -> None:
    watermark = Watermark(store.pool)
    await watermark.note()
    slow = await psycopg.AsyncConnection.connect(store.url, options="-c search_path=registry")
    async with slow:
        began = await moment.stamp(slow)
        await slow.execute(
            "INSERT INTO resource (type, id, version, updated_at, content) VALUES"
            " ('Organization', 'slow', 1, %s, '{}')",
            (began,),
        )
        # Another begins later and is seen earlier.
        t1 = Sender()
        await store.tell(t1.discharges("2026-01-10", method="4", died="2026-01-10"))
        await watermark.note()
        async with store.pool.connection() as connection:
            mark = await watermark.safe(connection)
            newest = await newest_change(connection)
        assert mark is not None
        assert mark <= began < newest
        await slow.commit()
    async with store.pool.connection() as connection:
        assert "slow" in await changed_since(connection, mark)
        assert "slow" not in await changed_since(connection, newest)
        await watermark.note()
        after = await watermark.safe(connection)
    assert after is not None
    assert after > newest
    assert [t["owner"]["identifier"]["value"] for t in await store.all("Task", T1)] == [T1]


async def newest_change(connection: Connection) -> datetime:
    row = await (await connection.execute("SELECT max(updated_at) FROM resource")).fetchone()
    assert row is not None
    return row[0]


async def changed_since(connection: Connection, instant: datetime) -> list[str]:
    rows = await connection.execute("SELECT id FROM resource WHERE updated_at >= %s", (instant,))
    return [row[0] for row in await rows.fetchall()]


async def test_stamps_of_one_database_follow_each_other(store: Store) -> None:
    stamps: list[datetime] = []
    for _ in range(3):
        async with store.pool.connection() as connection:
            stamps.append(await moment.stamp(connection))
    assert all(one < other for one, other in pairwise(stamps))
