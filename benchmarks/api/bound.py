"""The bound: one row read by its key through the same driver and pool, and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import uvloop

from registry import database


def bare_selects(url: str, ids: Sequence[str], connections: int) -> float:
    """Takes a database, ids of Tasks and how many connections; returns how many a second are
    read."""
    return uvloop.run(_select(url, ids, connections))


async def _select(url: str, ids: Sequence[str], connections: int) -> float:
    waiting = iter(ids)
    async with database.pool(url, size=connections) as pool:
        began = time.perf_counter()

        async def work() -> None:
            for one in waiting:
                async with pool.connection() as connection:
                    rows = await connection.execute(
                        "SELECT content FROM resource WHERE type = 'Task' AND id = %s", (one,)
                    )
                    assert await rows.fetchone() is not None

        await asyncio.gather(*(work() for _ in range(connections)))
        return len(ids) / (time.perf_counter() - began)
