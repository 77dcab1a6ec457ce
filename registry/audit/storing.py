"""The audit record's rows: written, linked into the chain, and read back for verification."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import date
from typing import Any

from registry.audit.chain import Anchor, Row, Seal, beginning, link, month_of
from registry.audit.event import Record
from registry.store.transaction import Connection, Pool, transact

# So many are linked in one transaction.
BATCH = 1000

_ADD = """
    WITH added AS (
        INSERT INTO audit_event (at, id, organisation, person, audience, roles, content)
        SELECT at, id, organisation, person, string_to_array(audience, ','),
            string_to_array(roles, ','), content
        FROM unnest(%(at)b::timestamptz[], %(id)b::text[], %(organisation)b::text[],
                    %(person)b::text[], %(audience)b::text[], %(roles)b::text[],
                    %(content)b::text[])
             AS new (at, id, organisation, person, audience, roles, content)
        RETURNING number, at
    ), marked AS (
        INSERT INTO client_mark (client) SELECT DISTINCT unnest(%(clients)b::text[])
        ON CONFLICT DO NOTHING
    )
    INSERT INTO audit_unsealed (number, at) SELECT number, at FROM added
"""
_ROW = "e.at, e.number, e.id, e.organisation, e.person, e.audience, e.roles, e.content"
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('seal the audit record'))"
_TAKE = """
    DELETE FROM audit_unsealed WHERE number = ANY (ARRAY(
        SELECT number FROM audit_unsealed ORDER BY number LIMIT %s))
    RETURNING number, at
"""
# By time first: that is where the partition, and the place in its index, are found.
_TAKEN = f"""
    SELECT {_ROW} FROM audit_event AS e
    WHERE e.at BETWEEN %s AND %s AND e.number = ANY (%s) ORDER BY e.number
"""
# The end of each chain by the index: a chain has as many rows as the month has events.
_HEADS = """
    SELECT head.month, head.place, head.hash
    FROM unnest(%s::date[]) AS wanted (month) CROSS JOIN LATERAL (
        SELECT month, place, hash FROM audit_seal AS s
        WHERE s.month = wanted.month ORDER BY place DESC LIMIT 1) AS head
    ORDER BY head.month
"""
_MONTHS = """
    WITH RECURSIVE sealed (month) AS (
        SELECT min(month) FROM audit_seal
        UNION ALL
        SELECT (SELECT min(s.month) FROM audit_seal AS s WHERE s.month > sealed.month)
        FROM sealed WHERE sealed.month IS NOT NULL
    )
    SELECT month FROM sealed WHERE month IS NOT NULL
"""
_SEAL = """
    INSERT INTO audit_seal (month, place, at, number, hash)
    SELECT * FROM unnest(%b::date[], %b::bigint[], %b::timestamptz[], %b::bigint[], %b::bytea[])
"""
_CHAIN = f"""
    SELECT s.month, s.place, s.number, s.hash, {_ROW}
    FROM audit_seal AS s LEFT JOIN audit_event AS e ON e.at = s.at AND e.number = s.number
    WHERE s.month = %s ORDER BY s.place
"""
_LOOSE = """
    SELECT e.at, e.number, u.number IS NOT NULL
    FROM audit_event AS e
    LEFT JOIN audit_seal AS s ON s.number = e.number
    LEFT JOIN audit_unsealed AS u ON u.number = e.number
    WHERE s.number IS NULL ORDER BY e.number
"""


async def add(
    connection: Connection, records: Sequence[Record], clients: Collection[str] = ()
) -> None:
    """Takes records, and the clients that are to see what this transaction wrote, or what it puts
    on record that they were shown, wherever they read (registry.replicas.marks); writes both, in
    the transaction of the connection."""
    await connection.execute(
        _ADD,
        {
            "at": [one.at for one in records],
            "id": [one.event_id for one in records],
            "organisation": [one.organisation for one in records],
            "person": [one.person for one in records],
            "audience": [_joined(one.audience) for one in records],
            "roles": [",".join(one.roles) for one in records],
            "content": [one.content for one in records],
            "clients": list(clients),
        },
    )


async def seal_some(pool: Pool) -> int:
    """Links rows that wait into their chains, in the order of their numbers. Returns how many;
    where it is BATCH, there may be more. Processes take turns; what another transaction has not yet
    committed waits for the next turn."""

    async def work(connection: Connection) -> int:
        await connection.execute(_LOCK)
        taken = await (await connection.execute(_TAKE, (BATCH,))).fetchall()
        if taken:
            numbers, moments = [row[0] for row in taken], [row[1] for row in taken]
            rows = await connection.execute(_TAKEN, (min(moments), max(moments), numbers))
            await _append(connection, [_row(row) for row in await rows.fetchall()])
        return len(taken)

    return await transact(pool, work)


async def _append(connection: Connection, rows: Sequence[Row]) -> None:
    heads = {one.month: one for one in await anchors(connection, {month_of(r.at) for r in rows})}
    sealed: list[tuple[Any, ...]] = []
    for row in rows:
        month = month_of(row.at)
        head = heads.get(month) or Anchor(month, 0, beginning(month))
        heads[month] = Anchor(month, head.place + 1, link(head.hash, row))
        sealed.append((month, head.place + 1, row.at, row.number, heads[month].hash))
    columns = [list(column) for column in zip(*sealed, strict=True)]
    await connection.execute(_SEAL, columns)


async def anchors(connection: Connection, months: set[date] | None = None) -> list[Anchor]:
    """Takes months (None: all); returns the end of each one's chain, where it has one."""
    if months is None:
        rows = await connection.execute(_MONTHS)
        months = {month for (month,) in await rows.fetchall()}
    rows = await connection.execute(_HEADS, (sorted(months),))
    return [Anchor(month, place, bytes(h)) for month, place, h in await rows.fetchall()]


async def hash_at(connection: Connection, month: date, place: int) -> bytes | None:
    """Takes a month and a place; returns the hash that its chain has there, None where it ends
    before."""
    rows = await connection.execute(
        "SELECT hash FROM audit_seal WHERE month = %s AND place = %s", (month, place)
    )
    row = await rows.fetchone()
    return bytes(row[0]) if row else None


async def chain(connection: Connection, month: date) -> AsyncIterator[tuple[Seal, Row | None]]:
    """Takes a month; gives its chain in order, each seal with its event, in little memory."""
    async with connection.cursor("audit_chain") as cursor:
        cursor.itersize = BATCH
        await cursor.execute(_CHAIN, (month,))
        async for row in cursor:
            seal = Seal(row[0], row[1], row[2], bytes(row[3]))
            yield seal, None if row[4] is None else _row(row[4:])


async def loose(connection: Connection) -> list[tuple[date, int, bool]]:
    """Returns the events outside the chains: month, number, and whether they wait to be linked.
    One that does not wait was put there by somebody else."""
    rows = await connection.execute(_LOOSE)
    return [(month_of(at), number, waits) for at, number, waits in await rows.fetchall()]


async def make_partitions(connection: Connection, months: Sequence[date]) -> None:
    """Takes months; makes their partitions where they are not there."""
    await connection.execute(
        "SELECT make_audit_partition(month) FROM unnest(%s::date[]) AS month", (list(months),)
    )


def _joined(names: Sequence[str] | None) -> str | None:
    return None if names is None else ",".join(names)


def _row(row: tuple[Any, ...]) -> Row:
    at, number, event_id, organisation, person, audience, roles, content = row
    return Row(
        at,
        number,
        event_id,
        organisation,
        person,
        None if audience is None else tuple(audience),
        tuple(roles),
        content,
    )
