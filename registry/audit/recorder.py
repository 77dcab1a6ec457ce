"""Puts acts on record before they are answered: those that wait share one commit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from psycopg import Error
from psycopg_pool import PoolTimeout

from registry.audit import storing
from registry.audit.event import Record
from registry.background import ended
from registry.store.transaction import Pool

# So many rows at most in one commit, and so long for it (seconds).
ROWS = 2000
SECONDS = 10.0

# Rows are linked together that were written within this time (seconds): linking them one by one
# costs as much as writing them.
GATHER_SECONDS = 0.2

_log = logging.getLogger(__name__)


class NotRecorded(Exception):
    """The act is not known to be on record, and so must not be answered."""


@dataclass(slots=True)
class _Waiting:
    records: Sequence[Record]
    clients: Collection[str]
    kept: asyncio.Future[None]


class Recorder:
    """One process's writer of the audit record, for what has no transaction of its own; and the
    sealer, which links what was written (here or in others' transactions) into the chain."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: list[_Waiting] = []
        self._has_work = asyncio.Event()
        self._has_unsealed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins to write and to seal; what a process before us left unsealed comes first."""
        self._has_unsealed.set()
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._seal())]

    async def stop(self) -> None:
        """Ends; what still waits is refused. Rows not yet linked are left for the next start, or
        for another process."""
        await ended(self._tasks)
        _refuse(self._waiting)
        self._waiting = []

    async def keep(self, records: Sequence[Record], clients: Collection[str] = ()) -> None:
        """Takes records, and the clients that leave a mark with them (`storing.add`); returns once
        they are committed. NotRecorded: that failed, or nobody knows."""
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(records, clients, kept))
        self._has_work.set()
        await kept

    def sealed_soon(self) -> None:
        """Has it look for rows to link: some were written in another transaction."""
        self._has_unsealed.set()

    async def _write(self) -> None:
        while True:
            await self._has_work.wait()
            self._has_work.clear()
            while batch := self._next_batch():
                await self._commit(batch)

    def _next_batch(self) -> list[_Waiting]:
        size = count = 0
        for waiting in self._waiting:
            size += len(waiting.records)
            if count and size > ROWS:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            async with asyncio.timeout(SECONDS), self._pool.connection() as connection:
                records = [one for waiting in batch for one in waiting.records]
                clients = {one for waiting in batch for one in waiting.clients}
                await storing.add(connection, records, clients)
        except (Error, PoolTimeout, TimeoutError) as error:
            _log.error("audit: commit failed acts=%d error=%s", len(batch), type(error).__name__)
            _refuse(batch)
        except BaseException:
            _refuse(batch)
            raise
        else:
            for waiting in batch:
                if not waiting.kept.done():
                    waiting.kept.set_result(None)
            self._has_unsealed.set()

    async def _seal(self) -> None:
        while True:
            await self._has_unsealed.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._has_unsealed.clear()
            try:
                while await storing.seal_some(self._pool) == storing.BATCH:
                    pass
            except (Error, PoolTimeout) as error:
                _log.warning("audit: %s while sealing; trying again", type(error).__name__)
                await asyncio.sleep(1)
                self._has_unsealed.set()


def _refuse(batch: Sequence[_Waiting]) -> None:
    for waiting in batch:
        if not waiting.kept.done():
            waiting.kept.set_exception(NotRecorded())
