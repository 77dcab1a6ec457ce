"""Reads a resource, its earlier versions, and what changed of a type.

Whoever is involved with the person now sees all versions; nobody else can tell that there are any.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry.store.search import AUDIT, PUBLIC_TYPES, told
from registry.store.transaction import Connection

_READABLE = (
    "(r.type = ANY(%(public)s) OR EXISTS (SELECT FROM readable AS v"
    " WHERE v.organisation = %(organisation)s AND v.type = r.type AND v.id = r.id))"
)
_MINE = (
    " JOIN readable AS v ON v.organisation = %(organisation)s AND v.type = h.type AND v.id = h.id"
)


@dataclass(frozen=True, slots=True)
class Version:
    """One version: its id and number, when it was written, its stored JSON text; the person the
    resource is about and who may see it."""

    resource_id: str
    number: int
    updated_at: datetime
    content: str
    person: str | None
    audience: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class After:
    """The last version of a page of a history: the next is older."""

    updated_at: datetime
    resource_id: str
    number: int


async def current(
    connection: Connection, resource_type: str, resource_id: str, organisation: str | None
) -> Version | None:
    """Takes type, id and the caller's organisation; returns the resource as it is, None where it
    is not there or not theirs."""
    is_audit = resource_type == AUDIT
    asked = (
        "SELECT r.id, r.version, r.updated_at, r.content, r.person, r.audience"
        f" FROM {'audit_resource' if is_audit else 'resource'} AS r"
        " WHERE r.type = %(type)s AND r.id = %(id)s"
        f" AND {told('%(organisation)s') if is_audit else _READABLE}"
    )
    values = _who(resource_type, organisation) | {"id": resource_id}
    rows = await connection.execute(asked.encode(), values)
    row = await rows.fetchone()
    return _version(row) if row else None


async def one(
    connection: Connection,
    resource_type: str,
    resource_id: str,
    number: int,
    organisation: str | None,
) -> Version | None:
    """Takes type, id, version and the caller's organisation; returns that version, or None."""
    rows = await connection.execute(
        "SELECT h.id, h.version, h.updated_at, h.content, r.person, r.audience"
        " FROM resource AS r JOIN resource_version AS h USING (type, id)"
        f" WHERE r.type = %(type)s AND r.id = %(id)s AND h.version = %(version)s AND {_READABLE}",
        _who(resource_type, organisation) | {"id": resource_id, "version": number},
    )
    row = await rows.fetchone()
    return _version(row) if row else None


async def is_removed(connection: Connection, resource_type: str, resource_id: str) -> bool:
    """Takes type and id, on a connection that reads for somebody; True where there was such a
    resource and it was removed, of a public type or about something they may read."""
    rows = await connection.execute("SELECT was_removed(%s, %s)", (resource_type, resource_id))
    return await rows.fetchone() == (True,)


async def history(
    connection: Connection,
    resource_type: str,
    resource_id: str | None,
    organisation: str | None,
    *,
    since: datetime | None,
    after: After | None,
    size: int,
) -> tuple[list[Version], bool]:
    """Takes a type (and an id, or None for all of the type), the caller's organisation, since
    when, after which version and how many; returns versions, newest first, and whether there are
    more."""
    tests = ["h.type = %(type)s"]
    values: dict[str, object] = dict(_who(resource_type, organisation)) | {"size": size + 1}
    if resource_id is not None:
        tests.append("h.id = %(id)s")
        values["id"] = resource_id
    if since is not None:
        tests.append("h.updated_at >= %(since)s")
        values["since"] = since
    if after is not None:
        tests.append("(h.updated_at, h.id, h.version) < (%(at)s, %(after)s, %(number)s)")
        values |= {"at": after.updated_at, "after": after.resource_id, "number": after.number}
    asked = (
        "SELECT h.id, h.version, h.updated_at, h.content, r.person, r.audience"
        f" FROM resource_version AS h {'' if resource_type in PUBLIC_TYPES else _MINE}"
        " LEFT JOIN resource AS r ON r.type = h.type AND r.id = h.id"
        f" WHERE {' AND '.join(tests)}"
        " ORDER BY h.updated_at DESC, h.id DESC, h.version DESC LIMIT %(size)s"
    )
    rows = await (await connection.execute(asked.encode(), values)).fetchall()
    return [_version(row) for row in rows[:size]], len(rows) > size


def _version(row: tuple[Any, ...]) -> Version:
    resource_id, number, updated_at, content, person, audience = row
    seen_by = None if audience is None else tuple(audience)
    return Version(resource_id, number, updated_at, content, person, seen_by)


def _who(resource_type: str, organisation: str | None) -> dict[str, object]:
    return {
        "type": resource_type,
        "organisation": organisation,
        "public": list(PUBLIC_TYPES),
    }
