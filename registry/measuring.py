"""Looks at how the registry's work stands every now and then, for its metrics."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime

from psycopg import Error
from psycopg_pool import PoolTimeout

from nhs.london_time import london_date
from registry.background import ended
from registry.metrics import StandingMetrics
from registry.store.standing import standing
from registry.store.transaction import Pool

LOOK_EVERY = 15.0

_log = logging.getLogger(__name__)


class Measuring:
    """One process's look; scraping /metrics costs the database nothing."""

    def __init__(self, pool: Pool, metrics: StandingMetrics, seconds: float = LOOK_EVERY) -> None:
        self._pool = pool
        self._metrics = metrics
        self._seconds = seconds
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins to look."""
        self._tasks = [asyncio.create_task(self._run())]

    async def stop(self) -> None:
        """Ends."""
        await ended(self._tasks)

    async def look(self) -> None:
        """Reads the numbers once and shows them. psycopg.Error, PoolTimeout: it could not."""
        async with self._pool.connection() as connection:
            now = await standing(connection, london_date(datetime.now(UTC)))
        self._metrics.show(now, time.time())

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except (Error, PoolTimeout) as error:
                # The old numbers stay, and their timestamp says how old they are.
                _log.warning("measuring: %s; trying again", type(error).__name__)
            await asyncio.sleep(self._seconds)
