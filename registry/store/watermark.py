"""Up to which instant everything that was written can be seen: what a client that polls by
`_lastUpdated` asks from next.

A transaction that began first may be committed last, and what it wrote bears the earlier time. So
this process notes, every few seconds, a transaction id together with a time before it was given
out. Ids are given out in order, and what is written is stamped (registry.store.moment) after its
transaction has one: once every transaction up to the noted one has ended, nothing will appear any
more that bears a time before the noted one. On a standby the same holds of what has ended there.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_left
from datetime import datetime

from psycopg import Error
from psycopg_pool import PoolTimeout

from registry.background import ended
from registry.store.transaction import Connection, Pool

SECONDS = 2.0
# When there are more, every second one goes: each that is left is as right as it was.
MOST = 4096

# The time of the statement's arrival, so that it is before the id.
_NOTE = "SELECT pg_current_xact_id()::text::bigint, statement_timestamp()"
_OLDEST = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"

_log = logging.getLogger(__name__)


class Notes:
    """Transaction ids noted with times before they were given out."""

    def __init__(self) -> None:
        self._noted: list[tuple[int, datetime]] = []

    def note(self, transaction: int, before: datetime) -> None:
        """Takes a transaction's id and a time before it was given out; keeps them."""
        # A server that took over may give ids out again that the old one had given to nobody.
        while self._noted and self._noted[-1][0] >= transaction:
            self._noted.pop()
        self._noted.append((transaction, before))
        if len(self._noted) > MOST:
            del self._noted[-2:0:-2]

    def safe(self, oldest: int) -> datetime | None:
        """Takes the oldest transaction id that may still be in flight; returns the newest time
        noted before which nothing can appear any more, None where there is none yet."""
        ended = bisect_left(self._noted, oldest, key=lambda one: one[0])
        return self._noted[ended - 1][1] if ended else None


class Watermark:
    """One process's notes. Processes differ by seconds, and each is right."""

    def __init__(self, pool: Pool, seconds: float = SECONDS) -> None:
        self._pool = pool
        self._seconds = seconds
        self._notes = Notes()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to note."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Notes no more."""
        if self._task is not None:
            await ended([self._task])

    async def note(self) -> None:
        """Notes a transaction of its own."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_NOTE)).fetchone()
            assert row is not None
        self._notes.note(*row)

    async def safe(self, connection: Connection) -> datetime | None:
        """Takes a connection on which something is about to be read; returns the instant up to
        which all that was written will be seen in it. None until that is known: right after the
        start, while a transaction is open that began before."""
        row = await (await connection.execute(_OLDEST)).fetchone()
        assert row is not None
        return self._notes.safe(row[0])

    async def _run(self) -> None:
        while True:
            try:
                await self.note()
            except (Error, PoolTimeout) as error:
                # The watermark stands still meanwhile, and loses nothing.
                _log.warning("watermark: %s; trying again", type(error).__name__)
            await asyncio.sleep(self._seconds)
