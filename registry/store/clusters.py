"""Clusters: the identifiers that any message ever linked, locked as one.

A cluster only grows. Which persons are in it is for registry.core.identity to say, so an undone
merge needs no undoing here.
"""

from __future__ import annotations

from collections.abc import Iterable

from registry.core.statement import Identifier
from registry.store.transaction import Connection


async def lock(connection: Connection, identifiers: Iterable[Identifier]) -> int:
    """Takes identifiers that belong together; returns the id of their one cluster, locked until
    the transaction ends, made or joined as needed."""
    wanted = sorted(set(identifiers))
    rows = await connection.execute(
        "SELECT lock_cluster(%s, %s)", ([i.system for i in wanted], [i.value for i in wanted])
    )
    row = await rows.fetchone()
    assert row is not None
    return int(row[0])


async def lock_one(connection: Connection, cluster: int) -> bool:
    """Takes a cluster id; locks it, returns False when it has meanwhile been joined to another."""
    found = await connection.execute("SELECT 1 FROM cluster WHERE id = %s FOR UPDATE", (cluster,))
    return await found.fetchone() is not None
