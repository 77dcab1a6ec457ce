"""Reads what pointers point to, at the pace that all processes share."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress

from psycopg import Error
from psycopg_pool import PoolTimeout

from registry.national import pointers
from registry.national.demographics import UnreadableAnswer
from registry.national.event import Kind
from registry.national.judgement import SETTLED, Answer, Outcome, back_off
from registry.national.keeping import Keeping, fact_of
from registry.national.metrics import NationalMetrics
from registry.national.pacing import Pacing
from registry.national.pointers import Leased
from registry.national.services import Services
from registry.store.transaction import Pool

# Another process may have taken the event: then nobody wakes us.
IDLE_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Reading:
    """The reading of one service."""

    def __init__(
        self,
        kind: Kind,
        pool: Pool,
        services: Services,
        pacing: Pacing,
        keeping: Keeping,
        metrics: NationalMetrics,
    ) -> None:
        self._kind = kind
        self._pool = pool
        self._services = services
        self._pacing = pacing
        self._keeping = keeping
        self._metrics = metrics
        self._wanted = asyncio.Event()

    def soon(self) -> None:
        """Has it look now: an event was just kept."""
        self._wanted.set()

    async def run(self) -> None:
        """Reads for ever."""
        while True:
            self._wanted.clear()
            try:
                while await self.read_one():
                    pass
            except (Error, PoolTimeout) as error:
                # The database is away or restarting: what was to be read is still there.
                _log.warning("national feed: %s; trying again", type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), IDLE_SECONDS)

    async def read_one(self) -> bool:
        """Reads what is due first, in its time; returns False where nothing is due that another
        does not read."""
        held = await self._pacing.held(self._kind)
        if held:
            await asyncio.sleep(held)
        async with self._pool.connection() as connection:
            due = await pointers.due(connection, self._kind)
        wait = await self._pacing.take(self._kind, due) if due else None
        if wait is None:
            return False
        await asyncio.sleep(wait)
        # It may have been held back while we waited for our moment.
        if not await self._pacing.held(self._kind):
            async with self._pool.connection() as connection:
                leased = await pointers.lease(connection, self._kind)
            if leased is not None:
                await self._read(leased)
        return True

    async def _read(self, leased: Leased) -> None:
        answer = await self._services.ask(leased.kind, leased.number, leased.lease)
        outcome = answer.outcome
        if answer.hold_seconds:
            await self._pacing.hold(self._kind, answer.hold_seconds)
        if outcome in SETTLED:
            outcome = await self._keep(leased, answer)
        self._metrics.read(leased.kind, outcome)
        if outcome not in SETTLED:
            await self._put_off(leased, outcome)

    async def _keep(self, leased: Leased, answer: Answer) -> Outcome:
        """What came of it, when it was to be kept."""
        try:
            if await self._keeping.keep(leased, fact_of(answer, leased)):
                self._metrics.brought(leased.kind)
        except UnreadableAnswer as error:
            _log.warning("national feed: %s: %s", leased.kind, error)
            return Outcome.UNREADABLE
        except (Error, PoolTimeout):
            raise
        except Exception as error:
            # What nobody foresaw, about one person, must not stop the reading of all others.
            _log.error("national feed: %s: %s", leased.kind, type(error).__name__)
            return Outcome.FAILED
        return answer.outcome

    async def _put_off(self, leased: Leased, outcome: Outcome) -> None:
        # Nothing is given up: it is tried again, at most an hour later, until it can be read.
        jitter = random.random()  # noqa: S311 - spreads the tries, protects nothing
        wait = back_off(outcome, leased.attempts, jitter)
        if leased.attempts == 1 or not leased.attempts % 10:
            _log.warning("national feed: %s: %s; trying again", leased.kind, outcome)
        async with self._pool.connection() as connection:
            await pointers.put_off(connection, leased, outcome, wait)
