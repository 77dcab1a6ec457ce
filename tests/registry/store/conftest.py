"""The store over a real database, without the API: statements in, resources out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
import psycopg
import pytest

from registry import database
from registry.core.decision import Step
from registry.core.identity import NumberPolicy
from registry.core.resource_ids import ResourceIds
from registry.core.statement import Identifier, Statement
from registry.core.steps import Taken
from registry.directory import loading
from registry.store import clusters, decisions, timekeeping
from registry.store.decisions import Actor
from registry.store.recompute import Rules, record
from registry.store.transaction import Connection, Pool, transact
from tests.registry.core.stating import DIRECTORY, NUMBER

RULES = Rules(NumberPolicy(allow_test_numbers=True), ResourceIds(b"store tests"))
Resource = dict[str, Any]


@dataclass
class Store:
    """The store as a test speaks to it."""

    pool: Pool
    url: str

    async def tell(self, *statements: Statement) -> None:
        """One message after another."""
        for statement in statements:
            await record(self.pool, [statement], RULES)

    async def decide(
        self, step: Step, organisation: str, route: str = "case-record-review", **said: Any
    ) -> None:
        """A step on the review of the person with the usual NHS number."""

        async def work(connection: Connection) -> None:
            cluster = await clusters.lock(connection, [NUMBER])
            taken, actor = Taken(route, step, **said), Actor(organisation, "test")
            now = datetime.now(UTC)
            await decisions.take(connection, cluster, NUMBER, taken, actor, now, RULES)

        await transact(self.pool, work)

    async def all(self, resource_type: str, seen_by: str | None = None) -> list[Resource]:
        """The current resources of a type, those that an organisation may read where it is
        named."""
        async with self.pool.connection() as connection:
            rows = await connection.execute(
                "SELECT content FROM resource AS r WHERE type = %(type)s AND person IS NOT NULL"
                " AND (%(by)s::text IS NULL OR EXISTS (SELECT FROM readable AS v"
                " WHERE v.type = r.type AND v.id = r.id AND v.organisation = %(by)s)) ORDER BY id",
                {"type": resource_type, "by": seen_by},
            )
            return [orjson.loads(row[0]) for row in await rows.fetchall()]

    async def review(self, route: str = "case-record-review") -> Resource:
        """The review of a route."""
        (task,) = [t for t in await self.all("Task") if t["code"]["coding"][0]["code"] == route]
        return task

    async def clock(self, today: date) -> None:
        """Has the clock do all there is to do on a day."""
        await timekeeping.follow_successions(self.pool, today)
        while await timekeeping.recompute_stale(self.pool, RULES):
            pass
        while await timekeeping.escalate_overdue(self.pool, RULES, today):
            pass

    def execute(self, query: Any, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Runs SQL beside the store."""
        with psycopg.connect(self.url, options="-c search_path=registry") as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []


def key(value: str) -> Identifier:
    """An NHS number as an identifier."""
    return Identifier(NUMBER.system, value)


@pytest.fixture
async def store(database_url: str) -> AsyncGenerator[Store]:
    with psycopg.connect(database_url) as connection:
        loading.load(connection, DIRECTORY.values())
    pool = database.pool(database_url, size=4)
    await pool.open(wait=True)
    yield Store(pool, database_url)
    await pool.close()
