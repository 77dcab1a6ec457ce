"""Events in, facts out: over a real database, and real HTTP to the stand-in."""

from __future__ import annotations

import asyncio
import logging
from itertools import permutations

import pytest

from registry.national import pointers
from registry.national.event import Event, Kind
from registry.store.transaction import Connection
from tests.registry.core.stating import ICB1, NUMBER, OTHER_NUMBER, P1, T1, Sender
from tests.registry.national.conftest import WHO, Events, Nation, Readers
from tests.registry.store.conftest import Store

ROUTE = "case-record-review"


async def leaves(store: Store, number: str = WHO) -> None:
    who = NUMBER._replace(value=number)
    await store.tell(Sender(T1, (who,)).discharges("2026-01-10", at="2026-01-10T12:00"))


async def test_a_death_the_trust_never_heard_of_opens_the_case(
    readers: Readers, nation: Nation, events: Events
) -> None:
    store = readers.store
    await leaves(store)
    nation.says(status="2", died="2026-01-22")
    async with readers.reading(nation.settings()) as reader:
        await reader.hears(events.death())
    review = await store.review()
    assert review["owner"]["identifier"]["value"] == T1
    assert review["status"] == "requested"
    (observation,) = await store.all("Observation", T1)
    assert observation["effectiveDateTime"] == "2026-01-22"
    # What was read, and that it changed the record, is on record.
    ((audited,),) = store.execute("SELECT content FROM audit_event WHERE organisation = 'X26'")
    assert "national-feed" in audited
    assert WHO not in audited


async def test_events_about_nobody_held_leave_nothing_and_are_never_read(
    readers: Readers, nation: Nation, events: Events
) -> None:
    await leaves(readers.store)
    async with readers.reading(nation.settings()) as reader:
        strangers = [events.death(f"99901{n:05d}") for n in range(100)]
        await reader.hears(*strangers)
        assert reader.count("events_total", way="test", became="not-held") == 100
    assert nation.stand_in.asked == []
    for table in ("national_event", "national_pointer", "audit_event"):
        assert readers.store.execute(f"SELECT 1 FROM {table}") == []


async def test_any_order_of_events_ends_in_the_same_state(
    readers: Readers, nation: Nation, events: Events
) -> None:
    """The event points, the record decides: its older words are gone when it is read."""
    await leaves(readers.store)
    nation.says(status="2", died="2026-01-22")
    first, second, third = events.death(), events.death(), events.death()
    async with readers.reading(nation.settings()) as reader:
        for order in permutations((first, second, third)):
            await reader.hears(*order)
        assert reader.count("events_total", way="test", became="kept") == 3
        assert reader.count("facts_total", service="demographics") == 1


async def test_the_same_event_twice_is_one(
    readers: Readers, nation: Nation, events: Events
) -> None:
    await leaves(readers.store)
    nation.says(status="1", died="2026-01-22")
    event = events.death()
    async with readers.reading(nation.settings()) as reader:
        await reader.hears(event, event)
        await reader.hears(event)
        assert reader.count("events_total", way="test", became="known") == 2
    assert len(nation.stand_in.asked) == 1


async def test_a_status_removed_closes_the_case(
    readers: Readers, nation: Nation, events: Events
) -> None:
    await leaves(readers.store)
    async with readers.reading(nation.settings()) as reader:
        nation.says(status="1", died="2026-01-22")
        await reader.hears(events.death())
        nation.says(status="U")
        await reader.hears(events.death())
    assert (await readers.store.review())["status"] == "entered-in-error"


async def test_an_invalidated_record_takes_its_claim_back(
    readers: Readers, nation: Nation, events: Events
) -> None:
    await leaves(readers.store)
    async with readers.reading(nation.settings()) as reader:
        nation.says(status="1", died="2026-01-22")
        await reader.hears(events.death())
        nation.says(is_invalidated=True)
        await reader.hears(events.death())
        assert reader.count("readings_total", service="demographics", outcome="invalidated") == 1
    assert (await readers.store.review())["status"] == "entered-in-error"


async def test_a_superseded_number_is_a_fact_about_identity(
    readers: Readers, nation: Nation, events: Events
) -> None:
    store = readers.store
    await leaves(store)
    nation.says(OTHER_NUMBER.value, status="2", died="2026-01-22")
    nation.stand_in.people[WHO] = nation.stand_in.people[OTHER_NUMBER.value]
    async with readers.reading(nation.settings()) as reader:
        await reader.hears(events.death())
        await reader.hears(events.death(OTHER_NUMBER.value))
    found = store.execute("SELECT value FROM person_identifier ORDER BY value")
    assert found == [(NUMBER.value,), (OTHER_NUMBER.value,)]
    assert (await store.review())["owner"]["identifier"]["value"] == T1


async def test_a_number_that_is_current_again_is_its_persons_again(
    readers: Readers, nation: Nation, events: Events
) -> None:
    store = readers.store
    await leaves(store)
    nation.says(OTHER_NUMBER.value, status="2", died="2026-01-22")
    nation.stand_in.people[WHO] = nation.stand_in.people[OTHER_NUMBER.value]
    async with readers.reading(nation.settings()) as reader:
        await reader.hears(events.death())
        assert (await store.review())["status"] == "requested"
        nation.says(number=WHO)
        await reader.hears(events.death())
        assert reader.count("facts_total", service="demographics") == 2
    # Whoever left that hospital is alive: the other died, and was not in it.
    assert (await store.review())["status"] == "cancelled"


async def test_a_restricted_record_leaves_no_place(
    readers: Readers, nation: Nation, events: Events
) -> None:
    await leaves(readers.store)
    nation.says(status="2", died="2026-01-22", is_restricted=True)
    async with readers.reading(nation.settings()) as reader:
        await reader.hears(events.death())
    kept = str(readers.store.execute("SELECT content FROM statement WHERE source = 'X26'"))
    for place in ("LS1", "Trevelyan", "Y12345", "practice"):
        assert place not in kept


async def test_flags_are_possible_evidence_until_they_go(
    readers: Readers, nation: Nation, events: Events
) -> None:
    store = readers.store
    await leaves(store)
    async with readers.reading(nation.settings(flags_url=nation.flags_url)) as reader:
        nation.says(status="2", died="2026-01-22", impairments=["learning", "mobility"])
        await reader.hears(events.death(), events.flags())
        (flag,) = await store.all("Flag")
        assert flag["code"]["coding"][0]["code"] == "possible-learning-disability"
        assert all(task["code"]["coding"][0]["code"] != "leder" for task in await store.all("Task"))
        nation.says(status="2", died="2026-01-22")
        await reader.hears(events.flags())
    assert [flag["status"] for flag in await store.all("Flag")] != ["active"]


async def test_a_death_has_the_flags_read_too(
    readers: Readers, nation: Nation, events: Events
) -> None:
    """The flag may have been set before we held the person: no event told us."""
    await leaves(readers.store)
    nation.says(status="2", died="2026-01-22", impairments=["mental-health"])
    async with readers.reading(nation.settings(flags_url=nation.flags_url)) as reader:
        await reader.hears(events.death())
    (flag,) = await readers.store.all("Flag")
    assert flag["code"]["coding"][0]["code"] == "possible-severe-mental-illness"


async def test_without_a_flags_service_its_events_are_none_of_our_concern(
    readers: Readers, nation: Nation, events: Events
) -> None:
    await leaves(readers.store)
    async with readers.reading(nation.settings()) as reader:
        await reader.hears(events.flags())
        assert reader.count("events_total", way="test", became="other") == 1


async def test_what_fails_waits_and_is_read_when_the_service_is_well_again(
    readers: Readers, nation: Nation, events: Events
) -> None:
    await leaves(readers.store)
    nation.says(status="2", died="2026-01-22", answers=[500])
    async with readers.reading(nation.settings()) as reader:
        await reader.feed.reception.take([events.death()], "test")
        await reader.settled(failing=1)
        ((failure, attempts),) = readers.store.execute(
            "SELECT failure, attempts FROM national_pointer"
        )
        assert (failure, attempts) == ("service-unwell", 1)
        await reader.feed.tick()
        assert reader.count("failing", service="demographics") == 1
        assert reader.count("oldest_seconds", service="demographics") > 0
        readers.store.execute("UPDATE national_pointer SET due_at = now()")
        await reader.settled()
    assert (await readers.store.review())["status"] == "requested"


async def test_a_service_that_says_wait_is_left_alone_by_all(
    readers: Readers, nation: Nation, events: Events
) -> None:
    await leaves(readers.store)
    nation.says(status="2", died="2026-01-22", answers=[429], retry_after="3600")
    async with readers.reading(nation.settings()) as reader:
        await reader.feed.reception.take([events.death()], "test")
        await reader.settled(failing=1)
        readers.store.execute("UPDATE national_pointer SET due_at = now()")
    # Another process, which was told nothing by the service, does not ask it either.
    async with readers.reading(nation.settings()) as other:
        await other.feed.tick()
        ((seconds,),) = readers.store.execute(
            "SELECT extract(epoch FROM held_until - now()) FROM national_pace"
        )
        assert seconds > 3000
    assert len(nation.stand_in.asked) == 1


async def test_a_token_that_holds_no_more_is_asked_for_anew(
    readers: Readers, nation: Nation, events: Events
) -> None:
    await leaves(readers.store)
    nation.says(status="1", died="2026-01-22")
    async with readers.reading(nation.settings()) as reader:
        await reader.hears(events.death())
        nation.stand_in.tokens.revoke_all()
        nation.says(status="2", died="2026-01-22")
        await reader.feed.reception.take([events.death()], "test")
        await reader.settled(failing=1)
        readers.store.execute("UPDATE national_pointer SET due_at = now()")
        await reader.settled()
        assert reader.count("facts_total", service="demographics") == 2


async def test_a_lease_that_was_lost_changes_nothing(
    readers: Readers, nation: Nation, events: Events
) -> None:
    """Killed, or stopped for too long: another reads what was leased, and the late one's answer
    is not kept."""
    store = readers.store
    await leaves(store)
    async with store.pool.connection() as connection:
        await pointers.point(connection, events.death(), Kind.DEMOGRAPHICS)
        lost = await pointers.lease(connection, Kind.DEMOGRAPHICS)
        assert lost is not None
        assert await pointers.lease(connection, Kind.DEMOGRAPHICS) is None
    store.execute("UPDATE national_pointer SET leased_until = now()")
    nation.says(status="2", died="2026-01-22")
    async with readers.reading(nation.settings()) as reader:
        await reader.settled()
        assert reader.count("facts_total", service="demographics") == 1
    async with store.pool.connection() as connection:
        assert not await pointers.is_mine(connection, lost)


async def test_an_event_that_comes_while_it_is_read_has_it_read_again(
    readers: Readers, events: Events
) -> None:
    store = readers.store
    await leaves(store)

    async def event(connection: Connection) -> None:
        await pointers.point(connection, events.death(), Kind.DEMOGRAPHICS)

    async with store.pool.connection() as connection:
        await event(connection)
        leased = await pointers.lease(connection, Kind.DEMOGRAPHICS)
        assert leased is not None
        await event(connection)
        await pointers.done(connection, leased)
        assert await pointers.due(connection, Kind.DEMOGRAPHICS) == 1


async def test_somebody_forgotten_in_the_meantime_stays_so(
    readers: Readers, nation: Nation, events: Events
) -> None:
    store = readers.store
    await leaves(store)
    async with store.pool.connection() as connection:
        await pointers.point(connection, events.death(), Kind.DEMOGRAPHICS)
    for table in ("statement", "identifier", "cluster"):
        store.execute(f"DELETE FROM {table}")
    nation.says(status="2", died="2026-01-22")
    async with readers.reading(nation.settings()) as reader:
        await reader.settled()
    assert store.execute("SELECT 1 FROM identifier") == []


async def test_no_number_is_in_any_log(
    readers: Readers, nation: Nation, events: Events, caplog: pytest.LogCaptureFixture
) -> None:
    await leaves(readers.store)
    nation.says(status="2", died="2026-01-22", answers=[500, 403])
    with caplog.at_level(logging.DEBUG):
        async with readers.reading(nation.settings()) as reader:
            await reader.feed.reception.take([events.death()], "test")
            for _ in range(2):
                await reader.settled(failing=1)
                readers.store.execute("UPDATE national_pointer SET due_at = now(), failure = NULL")
            await reader.settled()
    assert "service-unwell" in caplog.text
    assert WHO not in caplog.text


async def test_two_feeds_share_the_work_and_each_is_read_once(
    readers: Readers, nation: Nation
) -> None:
    numbers = [f"{number:010d}" for number in (9990000018, 9990000026, 9990000034, 9990000042)]
    for number in numbers:
        await leaves(readers.store, number)
        nation.says(number, status="2", died="2026-01-22")
    pointed = [
        Event("spine", f"e-{number}", "pds-death-notification-2", number) for number in numbers
    ]
    async with (
        readers.reading(nation.settings()) as one,
        readers.reading(nation.settings()) as other,
    ):
        await asyncio.gather(
            one.feed.reception.take(pointed, "test"), other.feed.reception.take(pointed, "test")
        )
        await one.settled()
    assert sorted(number for _, number in nation.stand_in.asked) == numbers
    owners = {
        task["owner"]["identifier"]["value"]
        for by in (T1, P1, ICB1)
        for task in await readers.store.all("Task", by)
    }
    assert owners == {T1}
