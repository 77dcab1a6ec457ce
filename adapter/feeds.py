"""What the database says of one organisation's feed: what it sent, how it was answered, what waits.

Every question is about one organisation and its sites; nobody is shown another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from adapter.quarantine import SUMMARY, NotQuarantined, Quarantined, QuarantinedContent
from adapter.rhythm import LONGEST, WEEKS

Connection = AsyncConnection[TupleRow]
Key = TypeVar("Key")

# An organisation, or a site of it: the same rule as adapter.senders.is_part_of.
_OWN: LiteralString = """
    (organisation = %(of)s OR (starts_with(organisation, %(of)s)
        AND length(organisation) - length(%(of)s) IN (2, 3)))
"""
_TRAFFIC: LiteralString = f"""
    SELECT organisation, hour, acknowledgement_code, messages, last_at FROM adapter.traffic
    WHERE {_OWN} AND hour >= %(since)s
"""
_REACH: LiteralString = f"""
    SELECT organisation, min(hour), max(last_at) FROM adapter.traffic
    WHERE {_OWN} GROUP BY organisation ORDER BY organisation
"""
_WAITING: LiteralString = f"""
    SELECT organisation, 'received', count(*), min(received_at)
      FROM adapter.inbox WHERE state = 'received' AND {_OWN} GROUP BY organisation
    UNION ALL
    SELECT organisation, 'quarantined', count(*), min(received_at)
      FROM adapter.inbox WHERE state = 'quarantined' AND {_OWN} GROUP BY organisation
    UNION ALL
    SELECT organisation, 'undelivered', count(*), min(received_at)
      FROM adapter.outbox JOIN adapter.inbox ON inbox.id = outbox.inbox_id
     WHERE {_OWN} GROUP BY organisation
"""
# The newest messages by the primary key: bounded however many there are.
_LAG: LiteralString = f"""
    SELECT organisation, count(*),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
           percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds)
      FROM (SELECT organisation, extract(epoch FROM state_since - received_at)::float8 AS seconds,
                   state, releases
              FROM adapter.inbox ORDER BY id DESC LIMIT %(most)s) AS newest
     WHERE state = 'delivered' AND releases = 0 AND {_OWN} GROUP BY organisation
"""
_REFUSED: LiteralString = f"""
    SELECT sender, control_id, trigger, size, last_at, times FROM adapter.refused
    WHERE {_OWN} ORDER BY last_at DESC LIMIT 20
"""
_QUARANTINED: LiteralString = f"""
    SELECT {SUMMARY} FROM adapter.inbox
    WHERE state = 'quarantined' AND {_OWN} AND id > %(after)s ORDER BY id LIMIT %(limit)s
"""
_CONTENT: LiteralString = f"""
    SELECT {SUMMARY}, raw, corrected FROM adapter.inbox
    WHERE state = 'quarantined' AND {_OWN} AND id > %(after)s ORDER BY id LIMIT %(limit)s
"""
_ONE: LiteralString = f"""
    SELECT {SUMMARY}, raw, corrected FROM adapter.inbox
    WHERE state = 'quarantined' AND {_OWN} AND id = %(id)s
"""
NEWEST = 5000
"""So many of the newest messages, of all senders, are looked at for the delivery lag."""
RHYTHM = LONGEST + timedelta(weeks=WEEKS, days=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many messages wait, and since when the oldest of them (None: none does)."""

    messages: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds from receipt to the registry's answer: the median and the 95th percentile of so many
    of the newest messages that needed nobody's help."""

    messages: int
    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class Feed:
    """One sender's feed. `by_hour` counts messages by hour (its start, UTC), `answers` those of the
    last day by acknowledgement code; `first` and `last` are None where nothing was counted."""

    organisation: str
    first: datetime | None
    last: datetime | None
    by_hour: Mapping[datetime, int]
    answers: Mapping[str, int]
    received: Waiting
    quarantined: Waiting
    undelivered: Waiting
    lag: Lag | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that was said to be of the organisation and whose sender may not speak for it."""

    sender: str
    control_id: str
    trigger: str
    size: int
    last_at: datetime
    times: int


async def feeds(connection: Connection, organisation: str, now: datetime) -> list[Feed]:
    """Takes an organisation (ODS code) and the time; returns the feeds of it and its sites that
    anything is known of, in the order of their codes."""
    asked = {"of": organisation}
    reach = {row[0]: row for row in await _rows(connection, _REACH, asked)}
    waiting = await _rows(connection, _WAITING, asked)
    lags = await _rows(connection, _LAG, {**asked, "most": NEWEST})
    senders = sorted({*reach, *(row[0] for row in waiting), *(row[0] for row in lags)})
    oldest = min((row[2] for row in reach.values()), default=now) - RHYTHM
    traffic = await _rows(connection, _TRAFFIC, {**asked, "since": oldest})
    day = now - timedelta(days=1)
    found: list[Feed] = []
    for sender in senders:
        own = [row for row in traffic if row[0] == sender]
        _, first, last = reach.get(sender, (sender, None, None))
        found.append(
            Feed(
                sender,
                first,
                last,
                _summed((row[1], row[3]) for row in own),
                _summed((row[2], row[3]) for row in own if row[1] >= day),
                _of(waiting, sender, "received"),
                _of(waiting, sender, "quarantined"),
                _of(waiting, sender, "undelivered"),
                next((Lag(row[1], row[2], row[3]) for row in lags if row[0] == sender), None),
            )
        )
    return found


async def refused(connection: Connection, organisation: str) -> list[Refused]:
    """Takes an organisation; returns the latest messages that others sent in its name."""
    async with connection.cursor(row_factory=class_row(Refused)) as cursor:
        return await (await cursor.execute(_REFUSED, {"of": organisation})).fetchall()


async def quarantined(
    connection: Connection, organisation: str, after: int, limit: int
) -> list[Quarantined]:
    """Takes an organisation, the last id already seen and how many; returns its next messages in
    quarantine without their content, the oldest first."""
    asked = {"of": organisation, "after": after, "limit": limit}
    async with connection.cursor(row_factory=class_row(Quarantined)) as cursor:
        return await (await cursor.execute(_QUARANTINED, asked)).fetchall()


async def contents(
    connection: Connection, organisation: str, after: int, limit: int
) -> list[QuarantinedContent]:
    """As `quarantined`, with what the messages say."""
    asked = {"of": organisation, "after": after, "limit": limit}
    async with connection.cursor(row_factory=class_row(QuarantinedContent)) as cursor:
        return await (await cursor.execute(_CONTENT, asked)).fetchall()


async def content(connection: Connection, organisation: str, message_id: int) -> QuarantinedContent:
    """Takes an organisation and an id; returns the message. NotQuarantined: no message of theirs
    waits under it."""
    async with connection.cursor(row_factory=class_row(QuarantinedContent)) as cursor:
        found = await (
            await cursor.execute(_ONE, {"of": organisation, "id": message_id})
        ).fetchone()
    if found is None:
        raise NotQuarantined(message_id)
    return found


async def _rows(
    connection: Connection, asked: LiteralString, values: Mapping[str, object]
) -> Sequence[TupleRow]:
    return await (await connection.execute(asked, values)).fetchall()


def _summed(pairs: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    found: dict[Key, int] = {}
    for key, messages in pairs:
        found[key] = found.get(key, 0) + messages
    return found


def _of(waiting: Sequence[TupleRow], sender: str, state: str) -> Waiting:
    return next(
        (Waiting(row[2], row[3]) for row in waiting if row[:2] == (sender, state)), Waiting()
    )
