"""The registry's clock: does, in the background, what the passing of time brings about."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, date, datetime

from psycopg import Error
from psycopg_pool import PoolTimeout

from nhs.london_time import london_date
from registry.audit import storing
from registry.background import ended
from registry.store import forgetting, retention_setting, timekeeping
from registry.store.recompute import Rules
from registry.store.transaction import Pool

SECONDS = 30.0
# So long may all registries be away before an audit event has no partition to go to.
MONTHS_AHEAD = 2

_log = logging.getLogger(__name__)


class Clock:
    """One process's clock. Several may run on one database."""

    def __init__(self, pool: Pool, rules: Rules, seconds: float = SECONDS) -> None:
        self._pool = pool
        self._rules = rules
        self._seconds = seconds
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to tick."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Ends after the piece of work at hand."""
        if self._task is not None:
            await ended([self._task])

    def soon(self) -> None:
        """Has it tick now: something for many people was just marked."""
        self._wanted.set()

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

    async def _run(self) -> None:
        while True:
            self._wanted.clear()
            try:
                await self.tick()
            except (Error, PoolTimeout) as error:
                # The database is away or restarting: the work is still there at the next tick.
                _log.warning("clock: %s; trying again", type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), self._seconds)


def _month(year: int, month: int) -> date:
    """The first day of a month; months after December are those of the next year."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


async def _until_done(some: Callable[[], Awaitable[int]]) -> None:
    while await some():
        pass
