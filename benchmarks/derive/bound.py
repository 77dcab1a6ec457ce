"""The bound: one row of the same size committed by the same driver and pool, and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from registry import database


def bare_commits(url: str, bundles: Sequence[tuple[str, bytes]], connections: int) -> float:
    """Takes a database, Bundles and how many connections; returns how many of them a second are
    committed as bare rows."""
    return asyncio.run(_commit(url, bundles, connections))


async def _commit(url: str, bundles: Sequence[tuple[str, bytes]], connections: int) -> float:
    waiting = iter(bundles)
    async with database.pool(url, size=connections) as pool:
        async with pool.connection() as connection:
            await connection.execute(
                "CREATE TABLE IF NOT EXISTS benchmark_row"
                " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, content text NOT NULL)"
            )
        began = time.perf_counter()

        async def work() -> None:
            for _, bundle in waiting:
                async with pool.connection() as connection:
                    await connection.execute(
                        "INSERT INTO benchmark_row (content) VALUES (%s)", (bundle.decode(),)
                    )

        await asyncio.gather(*(work() for _ in range(connections)))
        return len(bundles) / (time.perf_counter() - began)
