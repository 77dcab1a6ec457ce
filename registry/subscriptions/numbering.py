"""Gives committed events to the subscriptions they are for, each with its next number there.

One process at a time does it, under a lock, and only committed events are seen: one whose
transaction ends late has not been passed over, it comes with the next round and gets the next
number. Changes of one person wait for each other, so their events keep their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any, LiteralString

import orjson

from registry.store.transaction import Connection, Pool
from registry.subscriptions import terms
from registry.subscriptions.matching import Happened, Numbered, Subscriber, numbered
from registry.subscriptions.terms import UnreadableTerms
from registry.subscriptions.topics import Event
from tracing import spans

BATCH = 500

_LOCK: LiteralString = "SELECT pg_try_advisory_xact_lock(hashtext('number subscription events'))"
_HAPPENED: LiteralString = """
    SELECT id, at, topic, focus_type, focus_id, focus_version, codes, owner, organisations,
        traceparent
    FROM subscription_event WHERE matched_at IS NULL ORDER BY id LIMIT %s
"""
# The row is held until the end: a subscription is not deleted between its number and its event.
_SUBSCRIBERS: LiteralString = """
    SELECT id, organisation, role, content, created_at, events FROM subscription
    WHERE status <> 'off' AND topic = ANY (%s) ORDER BY id FOR NO KEY UPDATE
"""
_SEEN: LiteralString = """
    SELECT v.organisation, v.type, v.id FROM readable AS v
    JOIN unnest(%s::text[], %s::text[]) AS f (type, id) ON f.type = v.type AND f.id = v.id
    WHERE v.organisation = ANY (%s)
"""
_NUMBER: LiteralString = """
    INSERT INTO subscription_notification (subscription, number, event)
    SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[])
"""
_COUNT: LiteralString = """
    UPDATE subscription AS s SET events = t.events
    FROM unnest(%s::text[], %s::bigint[]) AS t (id, events) WHERE s.id = t.id
"""
_MATCHED: LiteralString = (
    "UPDATE subscription_event SET matched_at = clock_timestamp() WHERE id = ANY (%s)"
)
_FOR_NOBODY: LiteralString = "DELETE FROM subscription_event WHERE id = ANY (%s)"
# By the event's age alone: what an endpoint did not take in all that time is not told any more.
_FORGET: LiteralString = """
    DELETE FROM subscription_event WHERE id IN (
        SELECT id FROM subscription_event
        WHERE at < clock_timestamp() - %s AND matched_at IS NOT NULL ORDER BY at LIMIT %s)
"""


async def number_some(pool: Pool) -> int:
    """Numbers some events; returns how many there were: ask again until there are none. None too
    where another process is at it."""
    async with pool.connection() as connection, connection.transaction():
        row = await (await connection.execute(_LOCK)).fetchone()
        if row != (True,):
            return 0
        rows = await (await connection.execute(_HAPPENED, (BATCH,))).fetchall()
        happened = [_happened(row[:-1]) for row in rows]
        if happened:
            with spans.each("registry matching", "consumer", [row[-1] for row in rows]) as traced:
                told = await _number(connection, happened)
                for one, span in zip(happened, traced, strict=True):
                    span.note(subscriptions=told[one.event_id])
        return len(happened)


async def forget_some(pool: Pool, retention: timedelta) -> int:
    """Takes how long events are kept; removes some that are older. Returns how many: ask again
    until there are none."""
    async with pool.connection() as connection:
        cursor = await connection.execute(_FORGET, (retention, BATCH))
        return cursor.rowcount


async def _number(connection: Connection, happened: list[Happened]) -> Counter[int]:
    """Returns for each event, by its id, of how many subscriptions it is."""
    topics = sorted({one.event.topic for one in happened})
    rows = await (await connection.execute(_SUBSCRIBERS, (topics,))).fetchall()
    subscribers = [one for row in rows if (one := _subscriber(row)) is not None]
    seen = await _seen(connection, happened, {one.organisation for one in subscribers})
    found = numbered(happened, subscribers, seen)
    await connection.execute(_NUMBER, _columns(found))
    last = {one.subscription_id: one.number for one in found}
    await connection.execute(_COUNT, (list(last), list(last.values())))
    for_somebody = {one.event_id for one in found}
    await connection.execute(_MATCHED, (sorted(for_somebody),))
    rest = {one.event_id for one in happened} - for_somebody
    await connection.execute(_FOR_NOBODY, (sorted(rest),))
    return Counter(one.event_id for one in found)


async def _seen(
    connection: Connection, happened: Iterable[Happened], organisations: Collection[str]
) -> set[tuple[str, str, str]]:
    keys = sorted({(one.event.focus_type, one.event.focus_id) for one in happened})
    types, ids = [key[0] for key in keys], [key[1] for key in keys]
    rows = await connection.execute(_SEEN, (types, ids, sorted(organisations)))
    return {(row[0], row[1], row[2]) for row in await rows.fetchall()}


def _columns(found: Iterable[Numbered]) -> tuple[list[str], list[int], list[int]]:
    kept = list(found)
    return (
        [one.subscription_id for one in kept],
        [one.number for one in kept],
        [one.event_id for one in kept],
    )


def _happened(row: tuple[Any, ...]) -> Happened:
    event_id, at, topic, kind, resource_id, version, codes, owner, organisations = row
    for_whom = None if organisations is None else tuple(organisations)
    return Happened(
        event_id, at, Event(topic, kind, resource_id, version, tuple(codes), owner, for_whom)
    )


def _subscriber(row: tuple[Any, ...]) -> Subscriber | None:
    subscription_id, organisation, role, content, since, events = row
    try:
        asked = terms.read(orjson.loads(content))
    except UnreadableTerms:
        # Taken by another release; its delivery puts it in error, and the others are told.
        return None
    return Subscriber(subscription_id, organisation, role, asked, since, events)
