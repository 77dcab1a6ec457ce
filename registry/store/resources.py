"""FHIR resources as rows: the current version, every version before it, and who may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from registry.core.fhir.person import Drawn
from registry.store.transaction import Connection

Resource = dict[str, Any]

# Types whose resources go when the facts no longer give them; others stay and say so.
REMOVABLE = {"Provenance"}
# What the store adds to a Task.
_STAMPED = {"authoredOn", "lastModified"}
_COLUMNS = "type, id, version, person, content, audience, wakes_on"
_UPSERT = """
    INSERT INTO resource (type, id, version, updated_at, person, status, owner, content, audience,
        wakes_on)
    VALUES (%(type)s, %(id)s, %(version)s, %(now)s, %(person)s, %(status)s, %(owner)s, %(content)s,
        %(audience)s, %(wakes_on)s)
    ON CONFLICT (type, id) DO UPDATE
    SET version = excluded.version, updated_at = excluded.updated_at, person = excluded.person,
        status = excluded.status, owner = excluded.owner, content = excluded.content,
        audience = excluded.audience, wakes_on = excluded.wakes_on
"""
_KEEP_VERSION = """
    INSERT INTO resource_version (type, id, version, updated_at, content)
    VALUES (%(type)s, %(id)s, %(version)s, %(now)s, %(content)s)
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


def stored(row: tuple[Any, ...]) -> Stored:
    """Takes a row of `_COLUMNS`; returns it as Stored."""
    _, _, version, person, content, audience, wakes_on = row
    seen_by = None if audience is None else tuple(audience)
    return Stored(version, person, orjson.loads(content), seen_by, wakes_on)


async def of_cluster(connection: Connection, cluster: int) -> list[Stored]:
    """Takes a cluster; returns the current resources of all its persons."""
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM resource"
        " WHERE person IN (SELECT id FROM person WHERE cluster = %s)",
        (cluster,),
    )
    return [stored(row) for row in await rows.fetchall()]


async def stored_of(connection: Connection, resource_type: str, resource_id: str) -> Stored | None:
    """Takes type and id; returns the resource whoever asks, None where it is not there."""
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM resource WHERE type = %s AND id = %s", (resource_type, resource_id)
    )
    row = await rows.fetchone()
    return stored(row) if row else None


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
    return stored(row) if row else None


async def write(
    connection: Connection,
    drawn: Drawn,
    person: str | None,
    before: Stored | None,
    now: datetime,
) -> Resource:
    """Takes a resource as the core built it, the person it is about (None: nobody), its stored
    version if any, and the time; writes it as the next version and returns it with what the store
    adds."""
    resource = drawn.resource
    version = before.version + 1 if before else await _first_version(connection, drawn)
    stamped = _stamp(resource, before, version, now)
    row = {
        "type": resource["resourceType"],
        "id": resource["id"],
        "version": version,
        "now": now,
        "person": person,
        "status": resource.get("status"),
        "owner": resource.get("owner", {}).get("identifier", {}).get("value"),
        "content": orjson.dumps(stamped).decode(),
        "audience": None if drawn.audience is None else list(drawn.audience),
        "wakes_on": drawn.wakes_on,
    }
    await connection.execute(_UPSERT, row)
    await connection.execute(_KEEP_VERSION, row)
    return stamped


async def _first_version(connection: Connection, drawn: Drawn) -> int:
    """1, but for what may have been removed before: its versions are still there."""
    if drawn.resource["resourceType"] not in REMOVABLE:
        return 1
    rows = await connection.execute(
        "SELECT coalesce(max(version), 0) + 1 FROM resource_version WHERE type = %s AND id = %s",
        drawn.key,
    )
    row = await rows.fetchone()
    assert row is not None
    return int(row[0])


async def remove(connection: Connection, resource_type: str, resource_id: str) -> None:
    """Takes type and id; removes the current resource, and keeps its versions."""
    await connection.execute(
        "DELETE FROM resource WHERE type = %s AND id = %s", (resource_type, resource_id)
    )


async def set_involvement(
    connection: Connection,
    person: str,
    reasons: dict[str, tuple[str, ...]],
    not_party: set[str],
) -> dict[str, tuple[str, ...]]:
    """Takes a person, why each organisation is involved, and which of them are not party to the
    case; writes what changed, and returns what was there."""
    rows = await connection.execute(
        "SELECT organisation, reasons, is_party FROM involvement WHERE person = %s", (person,)
    )
    before = {ods: (tuple(why), party) for ods, why, party in await rows.fetchall()}
    wanted = {ods: (why, ods not in not_party) for ods, why in reasons.items()}
    # Who stays as involved as they were keeps what they may read as it is: they did not ask anew.
    gone = [ods for ods, (_, party) in before.items() if wanted.get(ods, ((), None))[1] != party]
    changed = [ods for ods, value in wanted.items() if before.get(ods) != value]
    if gone:
        await connection.execute(
            "DELETE FROM involvement WHERE person = %s AND organisation = ANY (%s)", (person, gone)
        )
    if changed:
        async with connection.cursor() as cursor:
            await cursor.executemany(
                "INSERT INTO involvement (person, organisation, reasons, is_party)"
                " VALUES (%s, %s, %s, %s) ON CONFLICT (person, organisation)"
                " DO UPDATE SET reasons = excluded.reasons",
                [(person, ods, list(wanted[ods][0]), wanted[ods][1]) for ods in changed],
            )
    return {ods: why for ods, (why, _) in before.items()}


def _stamp(resource: Resource, before: Stored | None, version: int, now: datetime) -> Resource:
    instant = now.isoformat()
    meta = {"versionId": str(version), "lastUpdated": instant, **resource["meta"]}
    stamped = {**resource, "meta": meta}
    if resource["resourceType"] == "Task":
        stamped["authoredOn"] = before.resource["authoredOn"] if before else instant
        stamped["lastModified"] = instant
    return stamped
