"""The open cohort, read where no event tells us to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from nhs.london_time import london_date
from registry.national.cohort import Cohort
from registry.national.schedule import DAILY
from tests.registry.core.stating import NUMBER, OTHER_NUMBER, T1, Sender
from tests.registry.national.conftest import PATIENCE, WHO, Nation, Reader, Readers
from tests.registry.store.conftest import RULES, Store

TODAY = london_date(datetime.now(UTC))


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def sender(number: str = WHO) -> Sender:
    return Sender(T1, (NUMBER._replace(value=number),))


def cohort_of(store: Store) -> Cohort:
    return Cohort(store.pool, RULES, DAILY, settle_seconds=0)


def rows(store: Store) -> list[tuple[Any, ...]]:
    return store.execute("SELECT nhs_number, next_at FROM national_cohort ORDER BY nhs_number")


def time_has_come(store: Store) -> None:
    store.execute("UPDATE national_cohort SET next_at = now()")


async def asked(reader: Reader, nation: Nation, times: int) -> None:
    """Waits until so many askings are answered and kept; the feed's own turns may come between."""
    async with asyncio.timeout(PATIENCE):
        while len(nation.stand_in.asked) < times:
            await reader.feed.tick()
            await asyncio.sleep(0.01)
    await reader.settled()
    assert len(nation.stand_in.asked) == times


async def test_who_left_lately_is_in_it_and_who_did_not_is_not(store: Store) -> None:
    await store.tell(sender().discharges(days_ago(3)))
    await store.tell(sender(OTHER_NUMBER.value).admits(days_ago(3)))
    await store.tell(sender("9990000034").discharges(days_ago(400)))
    await cohort_of(store).tick()
    ((number, next_at),) = rows(store)
    assert number == WHO
    assert datetime.now(UTC) < next_at <= datetime.now(UTC) + timedelta(days=1, hours=1)


async def test_what_may_still_be_overtaken_is_looked_at_later(store: Store) -> None:
    await store.tell(sender().discharges(days_ago(3)))
    await Cohort(store.pool, RULES, DAILY, settle_seconds=3600).tick()
    assert rows(store) == []
    await cohort_of(store).tick()
    assert len(rows(store)) == 1


async def test_each_statement_is_looked_at_once(store: Store) -> None:
    await store.tell(sender().discharges(days_ago(3)))
    await cohort_of(store).tick()
    store.execute("DELETE FROM national_cohort")
    await cohort_of(store).tick()
    assert rows(store) == []


async def test_a_death_is_found_without_any_event(readers: Readers, nation: Nation) -> None:
    store = readers.store
    await store.tell(sender().discharges(days_ago(12)))
    await cohort_of(store).tick()
    nation.says()
    async with readers.reading(nation.settings(pace=DAILY)) as reader:
        time_has_come(store)
        await asked(reader, nation, 1)
        assert store.execute("SELECT 1 FROM statement WHERE source = 'X26'") == []
        ((_, tomorrow),) = rows(store)
        assert tomorrow > datetime.now(UTC)
        nation.says(status="2", died=days_ago(1))
        time_has_come(store)
        await asked(reader, nation, 2)
    assert (await store.review())["owner"]["identifier"]["value"] == T1
    # The registrar's word ends the asking.
    assert rows(store) == []


async def test_who_is_forgotten_leaves_the_cohort(readers: Readers, nation: Nation) -> None:
    store = readers.store
    await store.tell(sender().discharges(days_ago(12)))
    store.execute(
        "INSERT INTO national_cohort VALUES (%s, now() + interval '1 day'),"
        " (%s, now() + interval '1 day')",
        (WHO, OTHER_NUMBER.value),
    )
    async with readers.reading(nation.settings(pace=DAILY)) as reader:
        await reader.feed.tick()
        assert [number for number, _ in rows(store)] == [WHO]
        assert reader.count("cohort") == 1


async def test_who_came_back_is_asked_about_again_when_they_leave(store: Store) -> None:
    t1 = sender()
    await store.tell(t1.discharges(days_ago(20)))
    cohort = cohort_of(store)
    await cohort.tick()
    store.execute("UPDATE national_cohort SET next_at = now() + interval '20 days'")
    await store.tell(t1.admits(days_ago(2), visit="V2"), t1.discharges(days_ago(1), visit="V2"))
    await cohort.tick()
    ((_, next_at),) = rows(store)
    assert next_at <= datetime.now(UTC) + timedelta(days=1, hours=1)


async def test_few_askings_of_our_own_wait_at_a_time(store: Store) -> None:
    store.execute(
        "INSERT INTO national_cohort SELECT lpad(n::text, 10, '0'), now() - n * interval '1 minute'"
        " FROM generate_series(0, 149) AS n"
    )
    cohort = cohort_of(store)
    assert await cohort.tick() == 100
    assert await cohort.tick() == 0
    waiting = store.execute("SELECT nhs_number FROM national_pointer ORDER BY nhs_number LIMIT 1")
    assert waiting == [(f"{50:010d}",)]
