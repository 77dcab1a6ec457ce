"""The registry's clock: does, in the background, what the passing of time brings about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime

from nhs.london_time import london_date
from registry.audit import storing
from registry.background import Turns
from registry.store import forgetting, retention_setting, timekeeping
from registry.store.recompute import Rules
from registry.store.transaction import Pool

SECONDS = 30.0
# So long may all registries be away before an audit event has no partition to go to.
MONTHS_AHEAD = 2


class Clock:
    """One process's clock. Several may run on one database."""

    def __init__(self, pool: Pool, rules: Rules, seconds: float = SECONDS) -> None:
        self._pool = pool
        self._rules = rules
        self._turns = Turns("clock", self.tick, seconds)

    def start(self) -> None:
        """Begins to tick."""
        self._turns.start()

    async def stop(self) -> None:
        """Ends after the piece of work at hand."""
        await self._turns.stop()

    def soon(self) -> None:
        """Has it tick now: something for many people was just marked."""
        self._turns.soon()

    async def make_audit_partitions(self) -> None:
        """Makes the audit record's partitions of this month and the next ones."""
        now = datetime.now(UTC)
        months = [_month(now.year, now.month + ahead) for ahead in range(MONTHS_AHEAD + 1)]
        async with self._pool.connection() as connection:
            await storing.make_partitions(connection, months)

    async def tick(self) -> None:
        """Does all there is to do now."""
        await self.make_audit_partitions()
        today = london_date(datetime.now(UTC))
        await timekeeping.follow_successions(self._pool, today)
        await _until_done(lambda: timekeeping.recompute_stale(self._pool, self._rules))
        await _until_done(lambda: timekeeping.escalate_overdue(self._pool, self._rules, today))
        async with self._pool.connection() as connection:
            retention = await retention_setting.current(connection)
        await _until_done(lambda: forgetting.forget_some(self._pool, self._rules, today, retention))


def _month(year: int, month: int) -> date:
    """The first day of a month; months after December are those of the next year."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


async def _until_done(some: Callable[[], Awaitable[int]]) -> None:
    while await some():
        pass
