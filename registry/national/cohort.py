"""Reads the open cohort where no event tells us to: people who left a hospital lately and are not
known to have died (docs/national-feed.md).

Statements are looked at once, in the order they came, for whom they bring into the cohort; then
each reading says when the next one is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from registry.core import identity
from registry.core.deaths import claims
from registry.core.spells import spells
from registry.core.statement import Statement
from registry.national import cohort_rows, pointers
from registry.national.event import Kind
from registry.national.schedule import Pace, first_reading, last_left
from registry.store import facts
from registry.store.recompute import Rules
from registry.store.transaction import Connection, Pool, transact

BATCH = 500
# A transaction that began before may still commit a statement with a lower number.
SETTLE_SECONDS = 300
# So many askings of our own wait at a time: events come before them, and a stop leaves few.
_WAITING = 100

_NEW = """
    SELECT id, cluster, received_at < clock_timestamp() - %s * interval '1 second'
    FROM statement WHERE id > %s ORDER BY id LIMIT %s
"""
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('plan the national cohort'))"
_POLLS = "SELECT count(*) FROM national_pointer WHERE kind = 'demographics' AND NOT is_event"


class Cohort:
    """The open cohort, read at a pace."""

    def __init__(
        self, pool: Pool, rules: Rules, pace: Pace, settle_seconds: float = SETTLE_SECONDS
    ) -> None:
        self._pool = pool
        self._rules = rules
        self._pace = pace
        self._settle_seconds = settle_seconds

    async def tick(self) -> int:
        """Looks at what came since the last time, and has read whose time has come. Returns how
        many those are."""
        while await transact(self._pool, self._plan_some):
            pass
        return await transact(self._pool, self._point_some)

    async def _plan_some(self, connection: Connection) -> int:
        """Some statements more; one process at a time. Returns how many they were."""
        locked = await (await connection.execute(_LOCK)).fetchone()
        if locked is None or not locked[0]:
            return 0
        done_to = await cohort_rows.planned_to(connection)
        rows = await connection.execute(_NEW, (self._settle_seconds, done_to, BATCH))
        settled: list[tuple[int, int]] = []
        for number, cluster, is_settled in await rows.fetchall():
            if not is_settled:
                break
            settled.append((number, cluster))
        for cluster in sorted({cluster for _, cluster in settled}):
            stated = await facts.statements_of(connection, cluster)
            await self._plan(connection, stated)
        if settled:
            await cohort_rows.set_planned_to(connection, settled[-1][0])
        return len(settled)

    async def _plan(self, connection: Connection, stated: list[Statement]) -> None:
        now = datetime.now(UTC)
        for person in identity.persons(stated, self._rules.numbers):
            if not person.key.is_nhs_number:
                continue
            left = last_left(spells(person.statements), claims(person.statements))
            on = left and first_reading(left, person.key.value, now, self._pace)
            if on:
                await cohort_rows.plan(connection, person.key.value, on)

    async def _point_some(self, connection: Connection) -> int:
        row = await (await connection.execute(_POLLS)).fetchone()
        room = _WAITING - (row[0] if row else 0)
        if room <= 0:
            return 0
        due = await cohort_rows.take_due(connection, room)
        for number in due:
            await pointers.point_unasked(connection, number, f"poll-{uuid4()}", Kind.DEMOGRAPHICS)
        return len(due)
