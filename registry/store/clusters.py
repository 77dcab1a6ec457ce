"""Clusters: the identifiers that any message ever linked, locked as one.

A cluster only grows. Which persons are in it is for registry.core.identity to say, so an undone
merge needs no undoing here.
"""

from __future__ import annotations

from collections.abc import Iterable

from registry.core.statement import Identifier
from registry.store.transaction import Connection

_OF_TASK = """
    SELECT p.cluster, p.key_system, p.key_value
    FROM resource AS r JOIN person AS p ON p.id = r.person JOIN cluster AS c ON c.id = p.cluster
    WHERE r.type = 'Task' AND r.id = %s
    FOR UPDATE OF c
"""
_IS_THERE = "SELECT FROM resource WHERE type = 'Task' AND id = %s"


async def lock_of_task(connection: Connection, task_id: str) -> tuple[int, Identifier] | None:
    """Takes the id of a Task; locks the cluster of whom it is about, and returns it with the
    identifier that keys the person; None where there is no such Task. Looks again where the cluster
    was joined to another while this waited for it."""
    while True:
        row = await (await connection.execute(_OF_TASK, (task_id,))).fetchone()
        if row is not None:
            return row[0], Identifier(row[1], row[2])
        if await (await connection.execute(_IS_THERE, (task_id,))).fetchone() is None:
            return None


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
