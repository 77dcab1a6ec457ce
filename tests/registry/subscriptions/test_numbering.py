"""Events and their numbers over a real database: what is committed late, and by many at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import orjson
import psycopg
import pytest

from registry.core.decision import Step
from registry.store import together
from registry.store.transaction import Pool
from registry.subscriptions import kept, numbering, outbox, terms
from registry.subscriptions.topics import TOPICS, Event
from tests.registry.core.stating import ICB1, T1, Sender
from tests.registry.store.conftest import Store, store
from tests.registry.subscriptions.conftest import wanted

__all__ = ["store"]


async def subscribe(store: Store, topic: str, organisation: str = T1) -> str:
    """A subscription that is active, and delivered by nobody."""
    sent = wanted("http://127.0.0.1:1/", topic)
    role = "icb" if organisation == ICB1 else "provider"
    async with store.pool.connection() as connection:
        made = await kept.add(
            connection, f"{topic}-{organisation}", ("client", organisation, role), sent,
            terms.read(sent),
        )  # fmt: skip
    return made.subscription_id


async def number(store: Store) -> None:
    while await numbering.number_some(store.pool):
        pass


def told(store: Store, subscription: str) -> list[tuple[int, str, int]]:
    """Number, focus and its version, in order of number."""
    rows = store.execute(
        "SELECT n.number, e.focus_type, e.focus_version FROM subscription_notification AS n"
        " JOIN subscription_event AS e ON e.id = n.event WHERE subscription = %s ORDER BY number",
        (subscription,),
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def died(store: Store, organisation: str = T1) -> None:
    sender = Sender(organisation)
    await store.tell(
        sender.admits("2026-01-05"),
        sender.discharges("2026-01-10", method="4", died="2026-01-10"),
    )


@pytest.fixture
async def subscribed(store: Store) -> AsyncGenerator[dict[str, str]]:
    yield {topic: await subscribe(store, topic) for topic in TOPICS}


async def test_without_a_subscriber_nothing_is_kept(store: Store) -> None:
    await died(store)
    assert store.execute("SELECT count(*) FROM subscription_event") == [(0,)]
    await subscribe(store, "review-completed")
    await store.decide(Step.ACCEPT, T1)
    assert store.execute("SELECT count(*) FROM subscription_event") == [(0,)]


async def test_from_proposal_to_completion(store: Store, subscribed: dict[str, str]) -> None:
    await died(store)
    await store.decide(Step.ACCEPT, T1)
    await store.decide(Step.START, T1)
    await store.decide(Step.COMPLETE, T1)
    await number(store)
    assert told(store, subscribed["death-in-scope"]) == [(1, "Observation", 1)]
    assert told(store, subscribed["review-proposed"]) == [(1, "Task", 1)]
    assert told(store, subscribed["review-lead-changed"]) == [(1, "Task", 2)]
    assert told(store, subscribed["review-completed"]) == [(1, "Task", 4)]
    assert told(store, subscribed["review-ended"]) == []


async def test_overdue_is_told_once_however_often_the_clock_ticks(
    store: Store, subscribed: dict[str, str]
) -> None:
    board = await subscribe(store, "review-overdue", ICB1)
    await died(store)
    later = datetime.now(UTC).date() + timedelta(days=60)
    for _ in range(3):
        await store.clock(later)
    await number(store)
    assert [one[0] for one in told(store, board)] == [1]
    assert [one[0] for one in told(store, subscribed["review-overdue"])] == [1]
    # The board is asked to lead now: a proposal of its own.
    assert len(told(store, subscribed["review-proposed"])) == 2


async def test_a_question_is_told_to_whom_it_is_put(
    store: Store, subscribed: dict[str, str]
) -> None:
    elsewhere = await subscribe(store, "inquiry-raised", ICB1)
    await store.tell(Sender(T1).admits("2026-01-05"), Sender(T1).contradicts_itself("2026-01-10"))
    await number(store)
    assert [one[0] for one in told(store, subscribed["inquiry-raised"])] == [1]
    assert told(store, elsewhere) == []


async def test_what_is_committed_late_is_not_lost(store: Store) -> None:
    """An event that was written first and committed last has the next number, not none."""
    subscription = await subscribe(store, "review-proposed")
    await died(store)
    store.execute("DELETE FROM subscription_event")
    task = (await store.review())["id"]
    early, late = (Event("review-proposed", "Task", task, version) for version in (1, 2))
    async with store.pool.connection() as slow:
        await together.write(slow, outbox.keeping([early]))
        async with store.pool.connection() as quick:
            await together.write(quick, outbox.keeping([late]))
        await number(store)
        assert told(store, subscription) == [(1, "Task", 2)]
    await number(store)
    assert told(store, subscription) == [(1, "Task", 2), (2, "Task", 1)]


async def test_nothing_that_happened_before_is_told(store: Store) -> None:
    await subscribe(store, "review-proposed", ICB1)
    await died(store)
    subscription = await subscribe(store, "review-proposed")
    await number(store)
    assert told(store, subscription) == []


async def test_many_write_and_many_number_at_once(store: Store) -> None:
    """Each subscription has all events, each once, numbered from 1 without a gap; and those of one
    writer in the order in which it wrote them."""
    subscriptions = [
        await subscribe(store, "review-proposed"),
        await subscribe(store, "review-proposed", ICB1),
    ]
    await died(store)
    store.execute("DELETE FROM subscription_event")
    task = (await store.review())["id"]
    writers, events = 6, 12

    async def write(pool: Pool, writer: int) -> None:
        for at in range(events):
            version = writer * 1000 + at
            async with pool.connection() as connection:
                event = Event("review-proposed", "Task", task, version)
                await together.write(connection, outbox.keeping([event]))

    done = asyncio.Event()

    async def keep_numbering() -> None:
        while not done.is_set():
            await numbering.number_some(store.pool)

    numberers = [asyncio.create_task(keep_numbering()) for _ in range(2)]
    await asyncio.gather(*(write(store.pool, writer) for writer in range(writers)))
    done.set()
    await asyncio.gather(*numberers)
    await number(store)
    for subscription in subscriptions:
        found = told(store, subscription)
        assert [one[0] for one in found] == list(range(1, writers * events + 1))
        versions = [one[2] for one in found]
        for writer in range(writers):
            mine = [v for v in versions if v // 1000 == writer]
            assert mine == [writer * 1000 + at for at in range(events)]


async def test_one_that_cannot_be_read_any_more_keeps_nobody_waiting(store: Store) -> None:
    broken = await subscribe(store, "review-proposed", ICB1)
    subscription = await subscribe(store, "review-proposed")
    content = {"criteria": "https://gone", "channel": {"type": "rest-hook"}}
    store.execute(
        "UPDATE subscription SET content = %s WHERE id = %s",
        (orjson.dumps(content).decode(), broken),
    )
    await died(store)
    await number(store)
    assert len(told(store, subscription)) == 1


async def test_the_reader_sees_its_own_subscriptions_and_no_other(store: Store) -> None:
    await subscribe(store, "review-proposed")
    await subscribe(store, "review-proposed", ICB1)
    await died(store)
    await number(store)
    with psycopg.connect(
        store.url, options="-c search_path=registry -c role=lfd_registry"
    ) as connection:
        for organisation, role, count in (
            (T1, "provider", 1),
            (T1, "gp", 0),
            (ICB1, "icb", 1),
            ("RT2", "provider", 0),
        ):
            connection.execute(
                "SELECT set_config('app.organisation', %s, false),"
                " set_config('app.role', %s, false)",
                (organisation, role),
            )
            for table in ("subscription", "subscription_notification"):
                found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
                assert found == (count,), (organisation, role, table)
            found = connection.execute("SELECT count(*) FROM subscription_event").fetchone()
            assert found == (0 if organisation == "RT2" else 1,)
