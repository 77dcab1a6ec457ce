"""Reads the events of a subscription for its subscriber: on a connection that reads for them, so
that what they may no longer see is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import orjson

from registry.audit.act import Subject
from registry.core.visibility import may_see, view
from registry.store.transaction import Connection
from registry.subscriptions.notification import Focus, Told

_EVENTS: LiteralString = """
    SELECT n.number, e.at, r.type, r.id, e.focus_version, r.person, r.audience, h.content,
        e.request_id, e.traceparent
    FROM subscription_notification AS n
    LEFT JOIN subscription_event AS e ON e.id = n.event
    LEFT JOIN resource AS r ON r.type = e.focus_type AND r.id = e.focus_id AND EXISTS (
        SELECT FROM readable AS v
        WHERE v.organisation = %(organisation)s AND v.type = r.type AND v.id = r.id)
    LEFT JOIN resource_version AS h
        ON h.type = r.type AND h.id = r.id AND h.version = e.focus_version AND %(is_whole)s
    WHERE n.subscription = %(subscription)s AND n.number BETWEEN %(first)s AND %(last)s
    ORDER BY n.number LIMIT %(some)s
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are read: of which subscription, from and to which number, how many at most;
    for whom (ODS code and role); and whether with the resources themselves."""

    subscription_id: str
    first: int
    last: int
    some: int
    organisation: str
    role: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """An event as it is told, the resource of which it tells (None: none), and the id and the place
    in its trace of the request that brought it about (None: none did, or it is not theirs to
    know)."""

    told: Told
    subject: Subject | None
    request_id: UUID | None = None
    traceparent: str | None = None


async def read(connection: Connection, wanted: Wanted) -> list[Shown]:
    """Takes a connection that reads for the subscriber, and which events; returns them by
    number."""
    rows = await connection.execute(
        _EVENTS,
        {
            "organisation": wanted.organisation,
            "is_whole": wanted.is_whole,
            "subscription": wanted.subscription_id,
            "first": wanted.first,
            "last": wanted.last,
            "some": wanted.some,
        },
    )
    return [_shown(row, wanted.role) for row in await rows.fetchall()]


def _shown(row: tuple[Any, ...], role: str) -> Shown:
    number, at, kind, resource_id, version, person, audience, content, request_id, place = row
    if kind is None or not may_see(role, kind):
        return Shown(Told(number, at), None)
    resource = None if content is None else view(orjson.loads(content), role)
    seen_by = None if audience is None else tuple(audience)
    focus = Focus(kind, resource_id, version, resource)
    subject = Subject(kind, resource_id, person, seen_by)
    return Shown(Told(number, at, focus), subject, request_id, place)
