"""Forgetting against the real database: content really gone, counts kept, and nothing lost beside
messages that come at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from nhs.london_time import london_date
from registry import data_protection, database
from registry.audit.operators import Operator
from registry.clock import Clock
from registry.core.concern import Concern, ConcernKind
from registry.core.identity import NumberPolicy
from registry.core.resource_ids import ResourceIds
from registry.core.retention.terms import Retention, RetentionSaid
from registry.core.statement import Demographics, Identifier, Statement
from registry.settings import RegistrySettings
from registry.store import clusters, concerns, forgetting, recompute, retention_setting
from registry.store.concerns import KeyedConcern
from registry.store.recompute import Rules
from registry.store.transaction import Pool
from tests.registry.core.stating import NUMBER, OTHER_NUMBER, T1, T2, Sender, evidence, mrn

RULES = Rules(NumberPolicy(allow_test_numbers=True), ResourceIds(b"test"))
TODAY = date(2026, 11, 21)
KEEP = Retention()
BY = Operator("tester", "bench")
TABLES = ("statement", "identifier", "cluster", "person", "person_identifier", "resource")
NOTHING = "\n" * (len(TABLES) - 1)
WHO = Demographics("TESTER", ("Terry",), "male", "1950-01-01")


@pytest.fixture
async def pool(database_url: str) -> AsyncGenerator[Pool]:
    async with database.pool(database_url, size=6) as opened:
        yield opened


def stay(sender: Sender, ends: str, visit: str = "V1") -> Statement:
    told = sender.discharges(ends, visit=visit, at=f"{ends}T12:00")
    return replace(told, demographics=WHO)


async def tell(pool: Pool, *statements: Statement) -> None:
    """Has each message come when its event was recorded."""
    for statement in statements:
        await recompute.record(pool, [statement], RULES)
        async with pool.connection() as connection:
            await connection.execute(
                "UPDATE statement SET received_at = %s WHERE content_hash = %s",
                (statement.recorded, statement.content_hash),
            )


async def forget(pool: Pool, today: date = TODAY, retention: Retention = KEEP) -> None:
    while await forgetting.forget_some(pool, RULES, today, retention):
        pass


async def rows(pool: Pool, query: str, *values: object) -> list[tuple[Any, ...]]:
    async with pool.connection() as connection:
        return await (await connection.execute(query.encode(), values)).fetchall()


async def everything(pool: Pool) -> str:
    """All that the tables about people hold, as text."""
    found = [await rows(pool, f"SELECT t::text FROM {table} AS t") for table in TABLES]
    return "\n".join(" ".join(row[0] for row in of_table) for of_table in found)


async def test_a_stay_that_can_no_longer_matter_is_gone_with_all_that_named_the_person(
    pool: Pool,
) -> None:
    told = stay(Sender(identifiers=(mrn("A77"), NUMBER)), "2024-01-10")
    await tell(pool, told)
    assert "TESTER" in await everything(pool)
    await forget(pool)
    assert await everything(pool) == NOTHING
    assert await rows(pool, "SELECT on_date, source, erased, reduced FROM forgotten") == [
        (TODAY, T1, 1, 0)
    ]


async def test_what_may_still_matter_is_held_and_looked_at_again_on_its_day(pool: Pool) -> None:
    await tell(pool, stay(Sender(), "2025-12-10"))
    last_day = date(2025, 12, 10) + timedelta(days=365)
    await forget(pool, date(2026, 11, 20))
    assert await rows(pool, "SELECT examine_on FROM statement") == [(last_day + timedelta(1),)]
    async with pool.connection() as connection:
        assert await forgetting.due(connection, last_day, KEEP, 10) == []
    await forget(pool, last_day)
    assert "TESTER" in await everything(pool)
    await forget(pool, last_day + timedelta(1))
    assert await everything(pool) == NOTHING


async def test_evidence_is_reduced_to_what_a_death_must_find(pool: Pool) -> None:
    t1 = Sender(identifiers=(mrn("A77"), NUMBER))
    told = replace(stay(t1, "2024-01-10"), evidence=(evidence("F72", "learning-disability"),))
    await tell(
        pool, told, stay(t1, "2023-01-10"), stay(Sender(T2, (mrn("B88", T2), NUMBER)), "2024-01-12")
    )
    await forget(pool)
    left = await everything(pool)
    assert "F72" in left
    # A death may be told with the other trust's number alone: who is who is held with the evidence.
    assert "B88" in left
    for gone in ("TESTER", "1950", "V1", "P81001", "in-progress", "finished", "RT1-2"):
        assert gone not in left
    assert await rows(pool, "SELECT source, erased, reduced FROM forgotten ORDER BY source") == [
        (T1, 1, 1),
        (T2, 0, 1),
    ]
    died = Sender(T2, (mrn("B88", T2),)).discharges(
        "2026-11-20", method="4", died="2026-11-20", at="2026-11-20T12:00"
    )
    await tell(pool, died)
    flags = await rows(pool, "SELECT content FROM resource WHERE type = 'Flag'")
    assert len(flags) == 1
    assert "learning-disability" in flags[0][0]


async def test_a_repeated_message_is_a_new_fact_and_forgotten_again(pool: Pool) -> None:
    told = stay(Sender(), "2024-01-10")
    for _ in range(2):
        await tell(pool, told)
        assert "TESTER" in await everything(pool)
        await forget(pool)
        assert await everything(pool) == NOTHING
    assert await rows(pool, "SELECT erased FROM forgotten") == [(2,)]


async def test_the_dead_are_not_touched(pool: Pool) -> None:
    t1 = Sender()
    await tell(pool, stay(t1, "2015-01-10"), t1.reports("2015-01-20", "2015-01-21T09:00"))
    before = await rows(pool, "SELECT content FROM statement ORDER BY id")
    await forget(pool)
    assert await rows(pool, "SELECT content FROM statement ORDER BY id") == before
    async with pool.connection() as connection:
        assert await forgetting.due(connection, date(2126, 1, 1), KEEP, 10) == []


async def test_nobody_is_forgotten_about_whom_a_concern_stands(pool: Pool) -> None:
    await tell(pool, stay(Sender(), "2015-01-10"))
    raised = Concern("C1", ConcernKind.STAFF, T1, datetime(2026, 1, 1, tzinfo=UTC))
    async with pool.connection() as connection:
        cluster = await clusters.lock(connection, [NUMBER])
        await concerns.add_concern(connection, cluster, KeyedConcern(NUMBER, raised), "client")
    await forget(pool)
    assert "TESTER" in await everything(pool)


async def test_other_settings_mean_another_look(pool: Pool) -> None:
    await tell(pool, stay(Sender(), "2026-07-01"))
    async with pool.connection() as connection:
        assert await retention_setting.agree(connection, RetentionSaid()) == KEEP
    await forget(pool, date(2027, 6, 30))
    assert "TESTER" in await everything(pool)
    async with pool.connection() as connection:
        shorter = await retention_setting.agree(connection, RetentionSaid(allowance_days=60))
        assert (
            shorter == Retention(allowance_days=60) == await retention_setting.current(connection)
        )
        # What is not said stays as it was set.
        said = RetentionSaid(evidence_years=5)
        assert await retention_setting.agree(connection, said) == Retention(60, 5)
    await forget(pool, TODAY, shorter)
    assert await everything(pool) == NOTHING


async def test_two_processes_and_messages_at_once_lose_nothing_and_count_once(
    database_url: str, pool: Pool
) -> None:
    people = [Identifier(NUMBER.system, f"{n:03d}") for n in range(30)]
    olds = [stay(Sender(identifiers=(mrn(f"M{p.value}"),)), "2024-01-10") for p in people]
    await tell(pool, *olds)
    news = [stay(Sender(identifiers=(mrn(f"M{p.value}"),)), "2026-11-01", "V2") for p in people]
    async with database.pool(database_url, size=6) as other:
        await asyncio.gather(
            forget(pool), forget(other), *(tell(pool, new) for new in news), forget(other)
        )
    await forget(pool)
    held = await rows(pool, "SELECT content ->> 'control_id', cluster FROM statement")
    assert len(held) == len(news)
    assert len({cluster for _, cluster in held}) == len(news)
    assert await rows(pool, "SELECT sum(erased)::int FROM forgotten") == [(len(olds),)]
    orphans = "SELECT id FROM cluster WHERE id NOT IN (SELECT cluster FROM statement)"
    assert await rows(pool, orphans) == []
    named = await rows(pool, "SELECT value FROM identifier ORDER BY value")
    assert named == sorted((f"M{p.value}",) for p in people)


async def test_a_dry_run_says_what_goes_and_changes_nothing(pool: Pool) -> None:
    told = replace(stay(Sender(), "2024-01-10"), evidence=(evidence("F72", "autism"),))
    await tell(pool, told, stay(Sender(T2, (OTHER_NUMBER,)), "2024-01-10"))
    before = await everything(pool)
    said = await forgetting.would_go(pool, RULES, TODAY, KEEP)
    assert await everything(pool) == before
    assert said.examined == 2
    done = await forgetting.forget_batch(pool, RULES, TODAY, KEEP)
    assert said == done
    assert (done.went[T1].reduced, done.went[T2].erased) == (1, 1)


async def test_all_that_is_held_of_a_person_is_told_with_reason_and_end(
    database_url: str, pool: Pool
) -> None:
    today = london_date(datetime.now(UTC))
    recent = (today - timedelta(days=10)).isoformat()
    async with pool.connection() as connection:
        await database.agree_on_test_numbers(connection, True)
    await tell(pool, stay(Sender(identifiers=(NUMBER,)), recent))
    await tell(pool, stay(Sender(T2, (OTHER_NUMBER,)), "2015-01-01"))
    settings = RegistrySettings(database_url, "")
    (fact,) = await data_protection.of_person(settings, NUMBER, BY)
    assert fact.until == date.fromisoformat(recent) + timedelta(days=365)
    assert "30 days" in fact.because[0]
    (over,) = await data_protection.of_person(settings, OTHER_NUMBER, BY)
    assert (over.form, over.because) == ("due to be erased", ())
    record = await data_protection.record(settings)
    counted = [(k.source, k.why, c.statements) for k, c in record.overview.rows()]
    assert counted == [(T1, "a-death-would-be-in-scope", 1), (T2, None, 1)]
    assert (await data_protection.forget(settings)).went[T2].erased == 1
    assert await data_protection.of_person(settings, OTHER_NUMBER, BY) == []
    (gone,) = (await data_protection.record(settings)).forgotten
    assert (gone.source, gone.erased, gone.reduced) == (T2, 1, 0)


async def test_years_of_messages_that_come_at_once_are_held_for_the_allowance(pool: Pool) -> None:
    """The news of a death may be among those that come next."""
    today = london_date(datetime.now(UTC))
    await recompute.record(pool, [stay(Sender(), "2015-01-10")], RULES)
    await forget(pool, today + timedelta(days=335))
    assert "TESTER" in await everything(pool)
    await forget(pool, today + timedelta(days=336))
    assert await everything(pool) == NOTHING


async def test_the_clock_forgets_by_itself_as_the_settings_say(pool: Pool) -> None:
    came = datetime.now(UTC) - timedelta(days=100)
    left_on = london_date(came).isoformat()
    told = Sender().discharges(left_on, at=came.isoformat())
    await tell(pool, replace(told, demographics=WHO))
    await Clock(pool, RULES).tick()
    assert "TESTER" in await everything(pool)
    async with pool.connection() as connection:
        await retention_setting.agree(connection, RetentionSaid(allowance_days=60))
    await Clock(pool, RULES).tick()
    assert await everything(pool) == NOTHING
