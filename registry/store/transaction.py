"""One unit of work in one transaction, tried again when PostgreSQL asks for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from psycopg import AsyncConnection
from psycopg.errors import DeadlockDetected, OperationalError, SerializationFailure
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

Connection = AsyncConnection[TupleRow]
Pool = AsyncConnectionPool[Connection]
Result = TypeVar("Result")

ATTEMPTS = 8


async def transact(pool: Pool, work: Callable[[Connection], Awaitable[Result]]) -> Result:
    """Takes a pool and a unit of work; returns its result, committed.

    Two writers that cross each other's locks are not an error for whoever sent the message: the
    one PostgreSQL stops runs again. Nor is a connection that broke while it rested.
    """
    for attempt in range(1, ATTEMPTS + 1):
        is_begun = False
        try:
            async with pool.connection() as connection, connection.transaction():
                is_begun = True
                return await work(connection)
        except (DeadlockDetected, SerializationFailure):
            if attempt == ATTEMPTS:
                raise
        except OperationalError:
            if is_begun or attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")
