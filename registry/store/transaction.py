"""One unit of work in one transaction, tried again when PostgreSQL asks for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from psycopg import AsyncConnection
from psycopg.errors import DeadlockDetected, SerializationFailure
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

Connection = AsyncConnection[TupleRow]
Pool = AsyncConnectionPool[Connection]
Result = TypeVar("Result")

ATTEMPTS = 8


async def transact(pool: Pool, work: Callable[[Connection], Awaitable[Result]]) -> Result:
    """Takes a pool and a unit of work; returns its result, committed.

    Two writers that cross each other's locks are not an error for whoever sent the message: the
    one PostgreSQL stops runs again.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with pool.connection() as connection, connection.transaction():
                return await work(connection)
        except (DeadlockDetected, SerializationFailure):
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")
