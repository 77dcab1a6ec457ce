"""One server that reads may be answered from: what it is now, and reading from it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from psycopg import AsyncConnection, Error
from psycopg.rows import TupleRow

from registry.replicas.lag import Trail
from registry.replicas.position import REPLAYED
from registry.store.transaction import Connection, Pool

Result = TypeVar("Result")

LOOK_SECONDS = 2.0
_LOOK = f"""
    SELECT pg_is_in_recovery(), {REPLAYED}, (pg_control_system()).system_identifier
"""
# In a statement of its own, before what is read: a standby goes forward between two statements of
# one transaction, and never back. A standby has the mark of a transaction when it has all of it.
_HAS = f"""
    SELECT pg_is_in_recovery() AND {REPLAYED} >= %s AND NOT EXISTS (
        SELECT FROM unnest(%s::xid8[]) AS expected (transaction) WHERE NOT EXISTS (
            SELECT FROM client_mark AS m
            WHERE m.client = %s AND m.transaction = expected.transaction))
"""


class Behind(Exception):
    """No standby may answer this now. `reason` is one of registry.replicas.metrics.REASONS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Standby:
    """A server by its name, with connections to look at it and to read from it."""

    def __init__(self, name: str, database: str, pool: Pool) -> None:
        """Takes its name for people, its connection string, and a pool of connections to it."""
        self.name = name
        self.pool = pool
        self.as_of: float | None = None
        """The time before which it has all that was committed; None where that is not known."""
        self._database = database
        self._looking: AsyncConnection[TupleRow] | None = None

    async def look(self, trail: Trail, system: int) -> None:
        """Takes where the primary was when, and the identifier of its data; finds out how far this
        one is. A server that is away, is no standby, or of another primary, is at no time."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                is_standby, replayed, own_system = await self._ask()
        except (Error, TimeoutError):
            self.as_of = None
            await self.close_look()
            return
        # A primary has replayed nothing.
        is_ours = is_standby and own_system == system
        self.as_of = trail.as_of(replayed) if is_ours and replayed is not None else None

    async def close_look(self) -> None:
        """Ends the connection that looks."""
        if self._looking is not None:
            await self._looking.close()
            self._looking = None

    async def read(
        self,
        client: str,
        expected: Sequence[str],
        position: int,
        work: Callable[[Connection], Awaitable[Result]],
    ) -> Result:
        """Takes a client, the transactions of its marks, the position that must have been reached,
        and what reads; returns what it read. Behind: it has not all of that. psycopg.Error,
        PoolTimeout: it could not."""
        async with self.pool.connection() as connection:
            rows = await connection.execute(_HAS, (position, list(expected), client))
            if await rows.fetchone() != (True,):
                raise Behind("behind")
            return await work(connection)

    async def _ask(self) -> TupleRow:
        if self._looking is None:
            self._looking = await AsyncConnection.connect(self._database, autocommit=True)
        row = await (await self._looking.execute(_LOOK)).fetchone()
        assert row is not None
        return row
