"""Forgetting, and the record of what is held: one call each, against a database."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from nhs.london_time import london_date
from registry import database
from registry.audit import operators
from registry.audit.operators import Operator
from registry.core import identity
from registry.core.held_report import HeldFact, Overview, held_fact
from registry.core.identity import NumberPolicy
from registry.core.retention.terms import Retention
from registry.core.statement import Identifier
from registry.settings import RegistrySettings
from registry.store import forgetting, held, retention_setting
from registry.store.forgetting import Batch
from registry.store.recompute import Rules
from registry.store.transaction import Connection, Pool

_CLUSTER = "SELECT cluster FROM identifier WHERE system = %s AND value = %s"
_CLUSTERS = "SELECT id FROM cluster WHERE id > %s ORDER BY id LIMIT 1000"
_FORGOTTEN = """
    SELECT source, sum(erased)::int, sum(reduced)::int, min(on_date) FROM forgotten
    GROUP BY source ORDER BY source
"""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much of one source (ODS code) was forgotten since a day."""

    source: str
    erased: int
    reduced: int
    since: date


@dataclass(frozen=True, slots=True)
class Record:
    """What is held of everybody, in counts, on which settings, and what was forgotten."""

    overview: Overview
    retention: Retention
    forgotten: tuple[Forgotten, ...]


@dataclass(frozen=True, slots=True)
class _Setting:
    pool: Pool
    rules: Rules
    today: date
    retention: Retention


@asynccontextmanager
async def _opened(settings: RegistrySettings) -> AsyncGenerator[_Setting]:
    async with database.pool(settings.database, size=2) as pool:
        async with pool.connection() as connection:
            allowed = await database.agree_on_test_numbers(connection, None)
            rules = Rules(NumberPolicy(allowed), await database.resource_ids(connection))
            retention = await retention_setting.current(connection)
        yield _Setting(pool, rules, london_date(datetime.now(UTC)), retention)


async def forget(settings: RegistrySettings) -> Batch:
    """Takes the settings; forgets all that is due. Returns what went."""
    total = Batch()
    async with _opened(settings) as here:
        while True:
            batch = await forgetting.forget_batch(here.pool, here.rules, here.today, here.retention)
            if not batch.examined:
                return total
            total.add(batch)


async def would_go(settings: RegistrySettings) -> Batch:
    """Takes the settings; returns what forgetting would do now, and does nothing."""
    async with _opened(settings) as here:
        return await forgetting.would_go(here.pool, here.rules, here.today, here.retention)


async def record(settings: RegistrySettings) -> Record:
    """Takes the settings; returns what is held of everybody, in counts."""
    overview = Overview()
    async with _opened(settings) as here, here.pool.connection() as connection:
        terms_of = held.TermsOf(here.rules.numbers, here.today, here.retention)
        last = 0
        while found := await _clusters(connection, last):
            for cluster in found:
                of_cluster = await held.held_cluster(connection, cluster)
                overview.add(await forgetting.remaining(connection, of_cluster, terms_of))
            last = found[-1]
        forgotten = await (await connection.execute(_FORGOTTEN)).fetchall()
        return Record(overview, here.retention, tuple(Forgotten(*row) for row in forgotten))


async def _clusters(connection: Connection, after: int) -> list[int]:
    rows = await connection.execute(_CLUSTERS, (after,))
    return [row[0] for row in await rows.fetchall()]


async def of_person(
    settings: RegistrySettings, identifier: Identifier, by: Operator
) -> list[HeldFact]:
    """Takes an identifier and who asks; returns all that is held of that person, oldest first. That
    they asked is on record by then."""
    async with _opened(settings) as here:
        async with here.pool.connection() as connection:
            found = await _of_person(connection, here, identifier)
            await operators.keep(connection, by, "operator-held", identifier, is_found=bool(found))
        return found


async def _of_person(
    connection: Connection, here: _Setting, identifier: Identifier
) -> list[HeldFact]:
    row = await (await connection.execute(_CLUSTER, identifier)).fetchone()
    if row is None:
        return []
    of_cluster = await held.held_cluster(connection, row[0])
    terms_of = held.TermsOf(here.rules.numbers, here.today, here.retention)
    found = await forgetting.remaining(connection, of_cluster, terms_of)
    told = [h.fact.statement for h in found]
    theirs = {
        statement
        for person in identity.persons(told, here.rules.numbers)
        if identifier in person.found_by
        for statement in person.statements
    }
    theirs |= {statement for statement in told if identifier in statement.named}
    return [held_fact(h) for h in found if h.fact.statement in theirs]
