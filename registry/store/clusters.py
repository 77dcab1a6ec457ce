"""Clusters: the identifiers that any message ever linked, locked as one.

A cluster only grows. Which persons are in it is for registry.core.identity to say, so an undone
merge needs no undoing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

from registry.core.statement import Identifier
from registry.store.transaction import Connection

_LOCK_IDENTIFIERS = """
    SELECT pg_advisory_xact_lock(hashtextextended(text, 0))
    FROM unnest(%s::text[]) AS text
"""
_CLUSTERS_OF = """
    SELECT DISTINCT cluster FROM identifier
    JOIN unnest(%s::text[], %s::text[]) AS named (system, value) USING (system, value)
    ORDER BY cluster
"""
_LOCK_CLUSTERS = "SELECT id FROM cluster WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
_ADD_IDENTIFIERS = """
    INSERT INTO identifier (system, value, cluster)
    SELECT system, value, %s FROM unnest(%s::text[], %s::text[]) AS named (system, value)
    ON CONFLICT DO NOTHING
"""


async def lock(connection: Connection, identifiers: Iterable[Identifier]) -> int:
    """Takes identifiers that belong together; returns the id of their one cluster, locked until
    the transaction ends, made or joined as needed."""
    wanted = sorted(set(identifiers))
    await connection.execute(_LOCK_IDENTIFIERS, (["\x1f".join(i) for i in wanted],))
    columns = [i.system for i in wanted], [i.value for i in wanted]
    clusters = await _lock_clusters(connection, columns)
    cluster = clusters[0] if clusters else await _create(connection)
    await _join(connection, cluster, clusters[1:])
    await connection.execute(_ADD_IDENTIFIERS, (cluster, *columns))
    return cluster


async def lock_one(connection: Connection, cluster: int) -> bool:
    """Takes a cluster id; locks it, returns False when it has meanwhile been joined to another."""
    found = await connection.execute("SELECT 1 FROM cluster WHERE id = %s FOR UPDATE", (cluster,))
    return await found.fetchone() is not None


async def _lock_clusters(
    connection: Connection, columns: tuple[list[str], list[str]]
) -> Sequence[int]:
    """Reads and locks until both agree: another writer may join clusters while we wait."""
    while True:
        found = await _ids(connection, _CLUSTERS_OF, columns)
        locked = await _ids(connection, _LOCK_CLUSTERS, (found,))
        if locked == found == await _ids(connection, _CLUSTERS_OF, columns):
            return found


async def _ids(connection: Connection, query: LiteralString, values: Sequence[Any]) -> list[int]:
    rows = await connection.execute(query, values)
    return [row[0] for row in await rows.fetchall()]


async def _create(connection: Connection) -> int:
    created = await connection.execute("INSERT INTO cluster DEFAULT VALUES RETURNING id")
    row = await created.fetchone()
    assert row is not None
    return int(row[0])


async def _join(connection: Connection, cluster: int, others: Sequence[int]) -> None:
    if not others:
        return
    for table in ("identifier", "statement", "decision", "person"):
        await connection.execute(
            f"UPDATE {table} SET cluster = %s WHERE cluster = ANY(%s)",
            (cluster, list(others)),
        )
    await connection.execute("DELETE FROM cluster WHERE id = ANY(%s)", (list(others),))
