"""The audit record as an administrator asks about it."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import IsolationLevel

from registry import database
from registry.audit import storing
from registry.audit.chain import Anchor
from registry.audit.verification import Verified, verify


async def anchors(url: str) -> list[Anchor]:
    """Takes a connection string; returns the end of each month's chain."""
    async with database.pool(url, size=2) as pool, pool.connection() as connection:
        return await storing.anchors(connection)


async def verified(url: str, kept: Sequence[Anchor]) -> Verified:
    """Takes a connection string and anchors that were kept; returns whether the record holds."""
    async with database.pool(url, size=2) as pool, pool.connection() as connection:
        # One snapshot: events go on being written and linked meanwhile.
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        return await verify(connection, kept)
