"""FHIR resources as rows: the current version, every version before it, and who may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString

import orjson

from registry.core.fhir.person import Drawn
from registry.store.task_columns import task_columns
from registry.store.together import Write
from registry.store.transaction import Connection

Resource = dict[str, Any]

# Types whose resources go when the facts no longer give them; others stay and say so.
REMOVABLE = {"Provenance"}
# What the store adds to a Task.
_STAMPED = {"authoredOn", "lastModified"}
_COLUMNS = "type, id, version, person, content, audience, wakes_on"
# All that changed of a cluster at once: what follows a change of the table, follows it once.
_WRITE: LiteralString = """
    new_resources AS MATERIALIZED (
        SELECT type, id, version, person, status, owner, content,
            string_to_array(audience, ' ') AS audience, wakes_on,
            due, offered_to, code_system, business_status, necessity
        FROM unnest(%(types)s::text[], %(ids)s::text[], %(versions)s::integer[],
                    %(persons)s::text[], %(statuses)s::text[], %(owners)s::text[],
                    %(contents)s::text[], %(audiences)s::text[], %(wake)s::date[],
                    %(due)s::date[], %(offered_to)s::text[], %(code_systems)s::text[],
                    %(business_statuses)s::text[], %(necessities)s::text[])
            AS given (type, id, version, person, status, owner, content, audience, wakes_on,
                      due, offered_to, code_system, business_status, necessity)
    ), new_versions AS (
        INSERT INTO resource_version (type, id, version, updated_at, content)
        SELECT type, id, version, %(written_at)s, content FROM new_resources
    ), written_resources AS (
        INSERT INTO resource (type, id, version, updated_at, person, status, owner, content,
            audience, wakes_on, due, offered_to, code_system, business_status, necessity)
        SELECT type, id, version, %(written_at)s, person, status, owner, content,
            audience, wakes_on, due, offered_to, code_system, business_status, necessity
        FROM new_resources
        ON CONFLICT (type, id) DO UPDATE
        SET version = excluded.version, updated_at = excluded.updated_at, person = excluded.person,
            status = excluded.status, owner = excluded.owner, content = excluded.content,
            audience = excluded.audience, wakes_on = excluded.wakes_on, due = excluded.due,
            offered_to = excluded.offered_to, code_system = excluded.code_system,
            business_status = excluded.business_status, necessity = excluded.necessity
    )
"""
_LAST_VERSIONS = """
    SELECT type, id, max(version) FROM resource_version
    WHERE (type, id) IN (SELECT * FROM unnest(%s::text[], %s::text[])) GROUP BY type, id
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A resource as stored: with its version, the person it is about, who may see it and when the
    clock has to look at it."""

    version: int
    person: str | None
    resource: Resource
    audience: tuple[str, ...] | None = None
    wakes_on: date | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Type and id."""
        return self.resource["resourceType"], self.resource["id"]

    @property
    def bare(self) -> Resource:
        """The resource without what the store adds, comparable with what the core built."""
        meta = {"profile": self.resource["meta"]["profile"]}
        added = _STAMPED if self.resource["resourceType"] == "Task" else set[str]()
        rest = {name: v for name, v in self.resource.items() if name not in added}
        return {**rest, "meta": meta}

    def shows(self, drawn: Drawn, person: str | None) -> bool:
        """Takes a resource as the core built it, and the person it is about; True when this is it
        already."""
        return (
            self.bare == drawn.resource
            and self.person == person
            and self.audience == drawn.audience
            and self.wakes_on == drawn.wakes_on
        )


def _stored(row: tuple[Any, ...]) -> Stored:
    """Takes a row of `_COLUMNS`."""
    _, _, version, person, content, audience, wakes_on = row
    seen_by = None if audience is None else tuple(audience)
    return Stored(version, person, orjson.loads(content), seen_by, wakes_on)


async def stored_of(connection: Connection, resource_type: str, resource_id: str) -> Stored | None:
    """Takes type and id; returns the resource whoever asks, None where it is not there."""
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM resource WHERE type = %s AND id = %s", (resource_type, resource_id)
    )
    row = await rows.fetchone()
    return _stored(row) if row else None


async def read(
    connection: Connection, resource_type: str, resource_id: str, organisation: str | None
) -> Stored | None:
    """Takes type, id and the caller's organisation; returns the resource, or None where it is not
    there or the organisation is not involved: nobody can tell which."""
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM resource AS r WHERE type = %s AND id = %s AND EXISTS ("
        "SELECT FROM readable AS v WHERE v.type = r.type AND v.id = r.id AND v.organisation = %s)",
        (resource_type, resource_id, organisation),
    )
    row = await rows.fetchone()
    return _stored(row) if row else None


@dataclass(frozen=True, slots=True)
class Change:
    """A resource as the core built it, the person it is about (None: nobody), and its stored
    version if any."""

    drawn: Drawn
    person: str | None
    before: Stored | None


@dataclass(frozen=True, slots=True)
class Written:
    """Resources as they will be stored, in the order of their changes, and what stores them (None:
    nothing changed)."""

    resources: list[Stored]
    write: Write | None


async def writing(connection: Connection, changes: Sequence[Change], now: datetime) -> Written:
    """Takes changes, none twice of one resource, and the time; returns each as its next version,
    to be written."""
    if not changes:
        return Written([], None)
    removed = await _last_versions(connection, changes)
    versions = [
        (one.before.version if one.before else removed.get(one.drawn.key, 0)) + 1 for one in changes
    ]
    stamped = [
        _stamp(one.drawn.resource, one.before, version, now)
        for one, version in zip(changes, versions, strict=True)
    ]
    columns = [task_columns(one) for one in stamped]
    values = {
        "written_at": now,
        "types": [one.drawn.key[0] for one in changes],
        "ids": [one.drawn.key[1] for one in changes],
        "versions": versions,
        "persons": [one.person for one in changes],
        "statuses": [one.get("status") for one in stamped],
        "owners": [one.get("owner", {}).get("identifier", {}).get("value") for one in stamped],
        "contents": [orjson.dumps(one).decode() for one in stamped],
        # ODS codes have no spaces.
        "audiences": [
            None if one.drawn.audience is None else " ".join(one.drawn.audience) for one in changes
        ],
        "wake": [one.drawn.wakes_on for one in changes],
        "due": [one.due for one in columns],
        "offered_to": [one.offered_to for one in columns],
        "code_systems": [one.code_system for one in columns],
        "business_statuses": [one.business_status for one in columns],
        "necessities": [one.necessity for one in columns],
    }
    stored = [
        Stored(version, one.person, resource, one.drawn.audience, one.drawn.wakes_on)
        for one, version, resource in zip(changes, versions, stamped, strict=True)
    ]
    return Written(stored, Write(_WRITE, values))


async def _last_versions(
    connection: Connection, changes: Sequence[Change]
) -> dict[tuple[str, str], int]:
    """Of what is not there now and may have been removed before: its versions are still there."""
    new = [one.drawn.key for one in changes if one.before is None and one.drawn.key[0] in REMOVABLE]
    if not new:
        return {}
    rows = await connection.execute(
        _LAST_VERSIONS, ([key[0] for key in new], [key[1] for key in new])
    )
    return {(name, of): version for name, of, version in await rows.fetchall()}


async def remove(connection: Connection, keys: Sequence[tuple[str, str]]) -> None:
    """Takes types and ids; removes the current resources, and keeps their versions."""
    if keys:
        await connection.execute(
            "DELETE FROM resource"
            " WHERE (type, id) IN (SELECT * FROM unnest(%s::text[], %s::text[]))",
            ([key[0] for key in keys], [key[1] for key in keys]),
        )


def _stamp(resource: Resource, before: Stored | None, version: int, now: datetime) -> Resource:
    instant = now.isoformat()
    meta = {"versionId": str(version), "lastUpdated": instant, **resource["meta"]}
    stamped = {**resource, "meta": meta}
    if resource["resourceType"] == "Task":
        stamped["authoredOn"] = before.resource["authoredOn"] if before else instant
        stamped["lastModified"] = instant
    return stamped
