"""One unit of work in one transaction, tried again when PostgreSQL asks for it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from psycopg import AsyncConnection
from psycopg.errors import DeadlockDetected, OperationalError, SerializationFailure
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from tracing import spans

Connection = AsyncConnection[TupleRow]
Pool = AsyncConnectionPool[Connection]
Result = TypeVar("Result")

ATTEMPTS = 8
# As long as a standby of a cluster may take to become the primary (docs/cluster.md).
LOST_SECONDS = 30.0


async def transact(
    pool: Pool,
    work: Callable[[Connection], Awaitable[Result]],
    *,
    is_repeatable: bool = False,
) -> Result:
    """Takes a pool and a unit of work; returns its result, committed.

    Two writers that cross each other's locks are not an error for whoever sent the message: the
    one PostgreSQL stops runs again. Nor is a server that goes away, where another takes over in
    time: what was not committed runs again there. Whether a commit took place whose connection
    broke is not known; then it runs again only where that does no harm, `is_repeatable`.
    """
    with spans.child("registry transaction"):
        return await _transact(pool, work, is_repeatable=is_repeatable)


async def _transact(
    pool: Pool, work: Callable[[Connection], Awaitable[Result]], *, is_repeatable: bool
) -> Result:
    attempt = 0
    until = time.monotonic() + LOST_SECONDS
    while True:
        used: Connection | None = None
        is_committing = False
        try:
            async with pool.connection() as connection, connection.transaction():
                used = connection
                result = await work(connection)
                is_committing = True
            return result
        except (DeadlockDetected, SerializationFailure):
            attempt += 1
            if attempt == ATTEMPTS:
                raise
        except OperationalError:
            # Any other error of a server that is there (a time limit, a full disk) is the answer.
            is_lost = used is None or used.closed
            is_unknown = is_committing and not is_repeatable
            if not is_lost or is_unknown or time.monotonic() > until:
                raise
