"""Looks at inbox and outbox every few seconds: their depth, and the database's health."""

from __future__ import annotations

import asyncio
import logging
from typing import LiteralString

import psycopg

from adapter.database import Connection, connect
from adapter.metrics import Metrics

_log = logging.getLogger(__name__)
LOOK_EVERY = 2.0

_DEPTH: LiteralString = """
    WITH waiting AS (
        SELECT id, received_at FROM adapter.inbox WHERE state = 'received'
    ), undelivered AS (
        SELECT received_at FROM waiting
        UNION ALL
        SELECT received_at FROM adapter.inbox JOIN adapter.outbox ON inbox_id = id
    )
    SELECT (SELECT count(*) FROM waiting),
           (SELECT count(*) FROM adapter.inbox WHERE state = 'quarantined'),
           (SELECT count(*) FROM adapter.outbox),
           (SELECT extract(epoch FROM clock_timestamp() - min(received_at))::float8
            FROM undelivered),
           (SELECT extract(epoch FROM clock_timestamp() - min(received_at))::float8
            FROM adapter.inbox WHERE state = 'quarantined')
"""


class Monitoring:
    """Keeps the gauges fresh; `database_answers` is what it saw last."""

    def __init__(self, database: str, metrics: Metrics) -> None:
        self._database = database
        self._metrics = metrics
        self.database_answers = False

    async def run(self) -> None:
        """Looks until it is cancelled."""
        while True:
            try:
                async with await connect(self._database, "adapter monitoring") as connection:
                    await self._watch(connection)
            except (psycopg.Error, OSError, TimeoutError) as error:
                if self.database_answers:
                    _log.error("monitoring lost the database error=%s", type(error).__name__)
                self.database_answers = False
                self._metrics.database_reachable.set(0)
            await asyncio.sleep(LOOK_EVERY)

    async def _watch(self, connection: Connection) -> None:
        while True:
            async with asyncio.timeout(LOOK_EVERY * 5):
                await self.look(connection)
            self.database_answers = True
            self._metrics.database_reachable.set(1)
            await asyncio.sleep(LOOK_EVERY)

    async def look(self, connection: Connection) -> None:
        """Reads the depths once and sets the gauges."""
        row = await (await connection.execute(_DEPTH)).fetchone()
        assert row is not None
        received, quarantined, outbox, oldest, oldest_quarantined = row
        self._metrics.inbox.labels("received").set(received)
        self._metrics.inbox.labels("quarantined").set(quarantined)
        self._metrics.outbox.set(outbox)
        self._metrics.oldest_undelivered_seconds.set(oldest or 0.0)
        self._metrics.oldest_quarantined_seconds.set(oldest_quarantined or 0.0)
