"""Concerns and alarms: kept as facts, whenever they come, and seen by those they are for."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any

from registry.core.concern import Alarm, AlarmKind, Concern, ConcernKind
from registry.core.request_reading import Referred
from registry.core.statement import StayStated
from registry.store import raising, timekeeping
from registry.store.transaction import Connection, transact
from tests.registry.core.stating import ICB1, MH1, NUMBER, P1, T1, T2, Sender
from tests.registry.store.conftest import RULES, Store

AT = datetime(2026, 1, 12, 9, tzinfo=UTC)
WORDS = "My mother waited nine hours."


async def raise_concern(store: Store, organisation: str = MH1, **said: Any) -> str:
    concern = Concern("c-1", ConcernKind.BEREAVED, organisation, AT, text=WORDS, **said)

    async def work(connection: Connection) -> str:
        referred = Referred(concern, NUMBER, None)
        return await raising.raise_concern(connection, referred, NUMBER, "test", RULES)

    return await transact(store.pool, work)


async def dies(store: Store, specialty: str | None = None) -> None:
    t1 = Sender()
    stay = StayStated("V1", "in-progress", "IMP", admitted="2026-01-05", specialty=specialty)
    await store.tell(
        t1.states("A01", stay=stay),
        t1.discharges("2026-01-10", method="4", died="2026-01-10"),
    )


async def necessity(store: Store) -> tuple[str, list[str]]:
    task = await store.review()
    by_kind: dict[str, list[str]] = {}
    for given in task["input"]:
        if "valueCodeableConcept" in given:
            kind = given["type"]["coding"][0]["code"]
            by_kind.setdefault(kind, []).append(given["valueCodeableConcept"]["coding"][0]["code"])
    return by_kind["necessity"][0], by_kind.get("criterion", [])


async def test_a_concern_makes_the_review_required(store: Store) -> None:
    await dies(store)
    assert await necessity(store) == ("to-be-screened", [])
    await raise_concern(store)
    assert await necessity(store) == ("required", ["concern-raised"])


async def test_a_concern_may_come_before_the_death(store: Store) -> None:
    request = await raise_concern(store)
    assert [r["id"] for r in await store.all("ServiceRequest", MH1)] == [request]
    await dies(store)
    assert await necessity(store) == ("required", ["concern-raised"])


async def test_what_the_family_said_is_read_by_few(store: Store) -> None:
    t2 = Sender(T2)
    await store.tell(t2.admits("2025-12-20", "W1"), t2.discharges("2025-12-24", "W1"))
    await dies(store)
    await raise_concern(store)
    readers = [o for o in (T1, T2, MH1, P1, ICB1) if await store.all("ServiceRequest", o)]
    assert readers == [T1, MH1, ICB1]
    rows = store.execute(
        "SELECT DISTINCT type FROM resource WHERE content LIKE %s", (f"%{WORDS}%",)
    )
    assert rows == [("ServiceRequest",)]


async def test_whoever_raised_a_concern_sees_that_and_no_more(store: Store) -> None:
    await dies(store)
    await raise_concern(store)
    seen = {
        kind: len(await store.all(kind, MH1))
        for kind in ("Patient", "Task", "Observation", "ServiceRequest", "Provenance")
    }
    assert seen == {"Patient": 0, "Task": 0, "Observation": 0, "ServiceRequest": 1, "Provenance": 0}


async def test_a_concern_taken_back_makes_nothing_required(store: Store) -> None:
    await dies(store)
    await raise_concern(store)

    async def work(connection: Connection) -> None:
        await raising.take_back_concern(connection, "c-1", "test", RULES)

    await transact(store.pool, work)
    assert await necessity(store) == ("to-be-screened", [])
    (request,) = await store.all("ServiceRequest", MH1)
    assert request["status"] == "revoked"


async def test_an_alarm_on_a_specialty_makes_the_deaths_of_its_period_required(
    store: Store,
) -> None:
    await dies(store, specialty="320")
    alarm = Alarm(
        "a-1",
        AlarmKind.SERVICE,
        T1,
        frozenset({"320"}),
        (),
        date(2026, 1, 1),
        date(2026, 1, 31),
    )

    async def work(connection: Connection) -> None:
        await raising.raise_alarm(connection, alarm, "test")

    await transact(store.pool, work)
    assert await necessity(store) == ("to-be-screened", [])
    await store.clock(date(2026, 1, 12))
    assert await necessity(store) == ("required", ["service-alarm"])
    by_readers = store.execute(
        "SELECT organisation FROM readable WHERE type = 'ServiceRequest' AND id = 'a-1'"
    )
    assert by_readers == [(T1,)]


async def test_an_alarm_raised_while_another_is_followed_is_not_lost(store: Store) -> None:
    await dies(store, specialty="320")
    period = date(2026, 1, 1), date(2026, 1, 31)
    first = Alarm("a-1", AlarmKind.THEME, T1, frozenset({"300"}), (), *period)
    second = Alarm("a-2", AlarmKind.SERVICE, T1, frozenset({"320"}), (), *period)
    async with store.pool.connection() as connection:
        await raising.raise_alarm(connection, first, "test")
    async with store.pool.connection() as connection:
        await raising.raise_alarm(connection, second, "test")
        following = asyncio.create_task(timekeeping.recompute_stale(store.pool, RULES))
        done, _ = await asyncio.wait({following}, timeout=0.5)
        assert not done, "it took the mark before it could see what the mark is for"
    await following
    assert await necessity(store) == ("required", ["service-alarm"])
