"""What clients may expect to see: their marks on the primary (registry/schema/0021).

registry.audit.storing writes them, in the transaction of what they stand for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from registry.background import Turns
from registry.store.transaction import Connection, Pool

# A mark is removed when everybody has seen it for this long: a standby that is read from is never
# so far behind (registry.replicas.reading.MOST_LAG_SECONDS).
KEPT_SECONDS = 60.0

_OF = """
    SELECT client, array_agg(transaction::text) FROM client_mark WHERE client = ANY (%s)
    GROUP BY client
"""
# Of the server too: another that took over may give the same transaction ids out again.
_SEEN = "SELECT pg_current_snapshot()::text, pg_postmaster_start_time()"
_FORGET = """
    DELETE FROM client_mark WHERE pg_visible_in_snapshot(transaction, %s::pg_snapshot)
        AND pg_postmaster_start_time() = %s
"""


class Expectations:
    """Asks for the marks of clients; those that ask while a question is out share the next one."""

    def __init__(self, pool: Pool) -> None:
        """Takes the pool of the primary."""
        self._pool = pool
        self._waiting: list[tuple[str, asyncio.Future[list[str]]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def of(self, client: str) -> list[str]:
        """Takes a client; returns the transactions of its marks, with all that were committed
        before it was asked for. psycopg.Error, PoolTimeout: the primary could not say."""
        future: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        self._waiting.append((client, future))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return await future

    async def _ask(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._answer(batch)
        finally:
            self._asking = None

    async def _answer(self, batch: list[tuple[str, asyncio.Future[list[str]]]]) -> None:
        try:
            async with self._pool.connection() as connection:
                found = await _marks(connection, {client for client, _ in batch})
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(
                        error if isinstance(error, Exception) else asyncio.CancelledError()
                    )
            if not isinstance(error, Exception):
                raise
        else:
            for client, future in batch:
                if not future.done():
                    future.set_result(found.get(client, []))


async def _marks(connection: Connection, clients: Collection[str]) -> dict[str, list[str]]:
    rows = await connection.execute(_OF, (list(clients),))
    found: list[tuple[str, list[str]]] = await rows.fetchall()
    return dict(found)


class Forgetting:
    """Removes the marks that every standby in use has. Several processes may do this at once."""

    def __init__(self, pool: Pool, seconds: float = KEPT_SECONDS) -> None:
        self._pool = pool
        self._seen: tuple[object, ...] | None = None
        self._turns = Turns("client marks", self.turn, seconds)

    def start(self) -> None:
        """Begins."""
        self._turns.start()

    async def stop(self) -> None:
        """Ends."""
        await self._turns.stop()

    async def turn(self) -> None:
        """Removes what could be seen at the last turn, and notes what can be seen now."""
        async with self._pool.connection() as connection:
            if self._seen is not None:
                await connection.execute(_FORGET, self._seen)
            self._seen = await (await connection.execute(_SEEN)).fetchone()
