"""Reads from standbys: who may, from which, and when the primary has to answer.

A client sees its own writes wherever it asks: each left a mark in its transaction, and a standby
answers only where it has all marks that the primary has for the client (registry.replicas.marks).
What a client was shown it is not shown an older state of. It reads from one standby, the same in
every process, whose state only goes forward; what the primary answers instead leaves a mark too;
and when a standby comes into use or goes out of it, none answers until it is where the primary was
after that. docs/decisions/0014-read-replicas.md has the reasons and what is left.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from psycopg import Error
from psycopg_pool import PoolTimeout

from registry.background import ended
from registry.replicas.lag import Trail, home
from registry.replicas.marks import Expectations
from registry.replicas.metrics import ReplicaMetrics
from registry.replicas.position import FLUSHED
from registry.replicas.standby import Behind, Standby
from registry.store.transaction import Connection, Pool

Result = TypeVar("Result")

LOOK_EVERY = 0.5
# A mark is kept for longer than this (registry.replicas.marks.KEPT_SECONDS).
MOST_LAG_SECONDS = 30
# More than a search may take: a server that stopped without going away holds nobody for longer.
READ_SECONDS = 25.0
_WHERE = f"SELECT {FLUSHED}, (pg_control_system()).system_identifier"

_log = logging.getLogger(__name__)


class Replicas:
    """The standbys of one process's registry."""

    def __init__(
        self,
        primary: Pool,
        standbys: Collection[Standby],
        most_lag: float,
        metrics: ReplicaMetrics,
        seconds: float = LOOK_EVERY,
    ) -> None:
        """Takes the pool of the primary, the servers that may be standbys, how old (seconds) the
        state of one that is read from may be, the metrics, and how often to look."""
        self._primary = primary
        self._standbys = {one.name: one for one in standbys}
        self._most_lag = most_lag
        self._metrics = metrics
        self._seconds = seconds
        self._trail = Trail()
        self._expectations = Expectations(primary)
        self._in_use: frozenset[str] = frozenset()
        # Where every standby has to be: the primary was there after the last change of who is in
        # use.
        self._position = 0
        self._looking = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begins to look; waits for no standby."""
        for standby in self._standbys.values():
            await standby.pool.open()
        self._tasks = [asyncio.create_task(self._run())]

    async def stop(self) -> None:
        """Ends."""
        await ended(self._tasks)
        for standby in self._standbys.values():
            await standby.close_look()
            await standby.pool.close()

    async def read(
        self, client: str, position: int, work: Callable[[Connection], Awaitable[Result]]
    ) -> Result:
        """Takes a client, the position its page follows from (0: it is no further page), and what
        reads; returns what it read from a standby. Behind: the primary has to answer, and what it
        shows is to leave a mark of the client. psycopg.Error, PoolTimeout: the primary is away, and
        without it nothing can be put on record either."""
        standby = self._chosen(client)
        expected = await self._expectations.of(client)
        try:
            position = max(position, self._position)
            async with asyncio.timeout(READ_SECONDS):
                result = await standby.read(client, expected, position, work)
        except (Error, PoolTimeout, TimeoutError) as error:
            _log.warning("replica %s: %s; the primary answers", standby.name, type(error).__name__)
            raise self._behind("failed") from error
        except Behind as behind:
            raise self._behind(behind.reason) from None
        except Exception:
            # A refusal is an answer too: that something is not there, say.
            self._answered(standby)
            raise
        self._answered(standby)
        return result

    async def look(self) -> None:
        """Finds out once how far each standby is, and takes those into use that are near enough.
        psycopg.Error, PoolTimeout: the primary could not be asked."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        at, (flushed, system) = time.monotonic(), await self._where()
        self._trail.note(at, flushed)
        await asyncio.gather(*(one.look(self._trail, system) for one in self._standbys.values()))
        now = time.monotonic()
        near = frozenset(
            name for name, one in self._standbys.items() if self._lag(one, now) <= self._most_lag
        )
        if near != self._in_use:
            # Nobody in between: all that was shown is before where the primary is then.
            self._in_use = frozenset()
            self._position, _ = await self._where()
            self._in_use = near
            _log.info("replicas in use: %s", ", ".join(sorted(near)) or "none")
        for name, one in self._standbys.items():
            self._metrics.is_in_use.labels(name).set(name in near)
            self._metrics.lag.labels(name).set(self._lag(one, now))

    def _chosen(self, client: str) -> Standby:
        name = home(client, self._in_use)
        if name is None:
            raise self._behind("none-in-use")
        standby = self._standbys[name]
        # Nobody looked for a while: the primary is away, or this process is too busy.
        if self._lag(standby, time.monotonic()) > self._most_lag:
            raise self._behind("behind")
        return standby

    def _answered(self, standby: Standby) -> None:
        if standby.name not in self._in_use:
            # What replaces it is ahead of what it showed while it was in use, and no further.
            raise self._behind("behind") from None
        self._metrics.reads.labels(standby.name).inc()

    def _behind(self, reason: str) -> Behind:
        self._metrics.primary_reads.labels(reason).inc()
        return Behind(reason)

    def _lag(self, standby: Standby, now: float) -> float:
        return math.inf if standby.as_of is None else now - standby.as_of

    async def _where(self) -> tuple[int, int]:
        async with self._primary.connection() as connection:
            row = await (await connection.execute(_WHERE)).fetchone()
        assert row is not None
        return row[0], row[1]

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except (Error, PoolTimeout) as error:
                # What is known of the standbys gets old, until none is near enough.
                _log.warning("replicas: %s; trying again", type(error).__name__)
            await asyncio.sleep(self._seconds)
