"""The pointers that wait to be read: one row for each person and service, however many events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from nhs import addresses
from registry.national.event import Event, Kind
from registry.store.transaction import Connection

# Longer than any request takes; whoever is killed loses the reading after it.
LEASE_SECONDS = 30
POLL = "registry-poll"

_HELD = "SELECT value FROM identifier WHERE system = %s AND value = ANY (%s)"
_KEEP_EVENT = """
    INSERT INTO national_event (source, id) VALUES (%s, %s) ON CONFLICT DO NOTHING
"""
_POINT = """
    INSERT INTO national_pointer AS held (kind, nhs_number, event_type, event_id, is_event)
    VALUES (%(kind)s, %(number)s, %(type)s, %(id)s, %(is_event)s)
    ON CONFLICT (kind, nhs_number) DO UPDATE SET
        event_type = excluded.event_type, event_id = excluded.event_id,
        is_event = held.is_event OR excluded.is_event, asked = held.asked + 1,
        due_at = least(held.due_at, excluded.due_at)
    WHERE excluded.is_event
"""
_LEASE = """
    UPDATE national_pointer SET lease = %(lease)s, attempts = attempts + 1,
        leased_until = clock_timestamp() + %(seconds)s * interval '1 second'
    WHERE id = (
        SELECT id FROM national_pointer
        WHERE kind = %(kind)s AND due_at <= clock_timestamp()
            AND (leased_until IS NULL OR leased_until < clock_timestamp())
        ORDER BY is_event DESC, due_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id, nhs_number, event_type, event_id, asked, attempts, clock_timestamp()
"""
# More than these are not told apart: so many are never read in one go.
_DUE = """
    SELECT count(*) FROM (
        SELECT FROM national_pointer WHERE kind = %s AND due_at <= clock_timestamp()
            AND (leased_until IS NULL OR leased_until < clock_timestamp()) LIMIT 1000
    ) AS due
"""
_MINE = "SELECT FROM national_pointer WHERE id = %s AND lease = %s FOR UPDATE"
_DONE = "DELETE FROM national_pointer WHERE id = %s AND lease = %s AND asked = %s"
_AGAIN = """
    UPDATE national_pointer SET lease = NULL, leased_until = NULL, attempts = 0, failure = NULL,
        due_at = clock_timestamp()
    WHERE id = %s AND lease = %s
"""
_PUT_OFF = """
    UPDATE national_pointer SET lease = NULL, leased_until = NULL, failure = %s,
        due_at = clock_timestamp() + %s * interval '1 second'
    WHERE id = %s AND lease = %s
"""
_STANDING = """
    SELECT kind, count(*), count(*) FILTER (WHERE failure IS NOT NULL),
        coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)::float8
    FROM national_pointer GROUP BY kind
"""
_PRUNE = (
    "DELETE FROM national_event WHERE received_at < now() - interval '90 days'",
    "DELETE FROM national_refused WHERE received_at < now() - interval '30 days'",
)


@dataclass(frozen=True, slots=True)
class Leased:
    """A pointer that is ours to read for a while; `at` is when that began, by the database."""

    pointer: int
    lease: UUID
    kind: Kind
    number: str
    event_type: str
    event_id: str
    asked: int
    attempts: int
    at: datetime


class Standing(NamedTuple):
    """How many pointers of a kind wait, how many of them failed before, and the age of the oldest
    in seconds."""

    waiting: int
    failing: int
    oldest_seconds: float


async def held(connection: Connection, numbers: Sequence[str]) -> set[str]:
    """Takes NHS numbers; returns those of people of whom the registry holds something."""
    rows = await connection.execute(_HELD, (addresses.NHS_NUMBER, list(numbers)))
    return {row[0] for row in await rows.fetchall()}


async def point(connection: Connection, event: Event, kind: Kind) -> bool:
    """Takes an event about somebody held, and what to read; returns False where it was taken
    before."""
    kept = await connection.execute(_KEEP_EVENT, (event.source, event.event_id))
    if not kept.rowcount:
        return False
    await _point(connection, kind, event.number, event.event_type, event.event_id, is_event=True)
    return True


async def point_unasked(connection: Connection, number: str, asking: str, kind: Kind) -> None:
    """Takes an NHS number, an id for our own asking, and what to read; has it read where it does
    not wait to be read anyhow."""
    await _point(connection, kind, number, POLL, asking, is_event=False)


async def _point(
    connection: Connection, kind: Kind, number: str, said: str, event_id: str, *, is_event: bool
) -> None:
    values = {"kind": kind, "number": number, "type": said, "id": event_id, "is_event": is_event}
    await connection.execute(_POINT, values)


async def due(connection: Connection, kind: Kind) -> int:
    """Takes a kind; returns how many pointers of it can be read now, a thousand at most."""
    row = await (await connection.execute(_DUE, (kind,))).fetchone()
    return 0 if row is None else int(row[0])


async def lease(connection: Connection, kind: Kind) -> Leased | None:
    """Takes a kind; returns a pointer of it that nobody else reads now, None where there is
    none."""
    name = uuid4()
    values = {"kind": kind, "lease": name, "seconds": LEASE_SECONDS}
    row = await (await connection.execute(_LEASE, values)).fetchone()
    return None if row is None else Leased(row[0], name, kind, *row[1:])


async def is_mine(connection: Connection, leased: Leased) -> bool:
    """Takes a leased pointer; True, and locked, while nobody else has leased it since."""
    found = await connection.execute(_MINE, (leased.pointer, leased.lease))
    return await found.fetchone() is not None


async def done(connection: Connection, leased: Leased) -> None:
    """Takes a leased pointer that was read; it is gone, or due again where an event came while it
    was read."""
    gone = await connection.execute(_DONE, (leased.pointer, leased.lease, leased.asked))
    if not gone.rowcount:
        await connection.execute(_AGAIN, (leased.pointer, leased.lease))


async def put_off(connection: Connection, leased: Leased, failure: str, seconds: float) -> None:
    """Takes a leased pointer, why it could not be read (a code), and in how many seconds to try
    again."""
    await connection.execute(_PUT_OFF, (failure, seconds, leased.pointer, leased.lease))


async def standing(connection: Connection) -> dict[Kind, Standing]:
    """Returns how the queue of each kind stands."""
    rows = await (await connection.execute(_STANDING)).fetchall()
    found = {Kind(row[0]): Standing(*row[1:]) for row in rows}
    return {kind: found.get(kind, Standing(0, 0, 0.0)) for kind in Kind}


async def prune(connection: Connection) -> None:
    """Forgets ids of events after 90 days, and refused messages after 30."""
    for statement in _PRUNE:
        await connection.execute(statement)
