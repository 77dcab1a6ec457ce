"""FHIR resources as rows: the current version, every version before it, and who may see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from registry.store.transaction import Connection

Resource = dict[str, Any]

_COLUMNS = "type, id, version, person, content"
_UPSERT = """
    INSERT INTO resource (type, id, version, updated_at, person, status, owner, content)
    VALUES (%(type)s, %(id)s, %(version)s, %(now)s, %(person)s, %(status)s, %(owner)s, %(content)s)
    ON CONFLICT (type, id) DO UPDATE
    SET version = excluded.version, updated_at = excluded.updated_at, person = excluded.person,
        status = excluded.status, owner = excluded.owner, content = excluded.content
"""
_KEEP_VERSION = """
    INSERT INTO resource_version (type, id, version, updated_at, content)
    VALUES (%(type)s, %(id)s, %(version)s, %(now)s, %(content)s)
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A resource as stored: with its version, and the person it is about."""

    version: int
    person: str
    resource: Resource

    @property
    def key(self) -> tuple[str, str]:
        """Type and id."""
        return self.resource["resourceType"], self.resource["id"]

    @property
    def bare(self) -> Resource:
        """The resource without what the store adds, comparable with what the core built."""
        meta = {"profile": self.resource["meta"]["profile"]}
        added = {"authoredOn", "lastModified"}
        rest = {name: v for name, v in self.resource.items() if name not in added}
        return {**rest, "meta": meta}


def stored(row: tuple[Any, ...]) -> Stored:
    """Takes a row of type, id, version, person, content; returns it as Stored."""
    _, _, version, person, content = row
    return Stored(version, person, orjson.loads(content))


async def of_cluster(connection: Connection, cluster: int) -> list[Stored]:
    """Takes a cluster; returns the current resources of all its persons."""
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM resource"
        " WHERE person IN (SELECT id FROM person WHERE cluster = %s)",
        (cluster,),
    )
    return [stored(row) for row in await rows.fetchall()]


async def read(
    connection: Connection, resource_type: str, resource_id: str, organisation: str | None
) -> Stored | None:
    """Takes type, id and the caller's organisation; returns the resource, or None where it is not
    there or the organisation is not involved: nobody can tell which."""
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM resource AS r WHERE type = %s AND id = %s AND EXISTS ("
        "SELECT FROM involvement AS i WHERE i.person = r.person AND i.organisation = %s)",
        (resource_type, resource_id, organisation),
    )
    row = await rows.fetchone()
    return stored(row) if row else None


async def write(
    connection: Connection, resource: Resource, person: str, before: Stored | None, now: datetime
) -> Resource:
    """Takes a resource as the core built it, its stored version if any, and the time; writes it as
    the next version and returns it with what the store adds."""
    version = before.version + 1 if before else 1
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
    }
    await connection.execute(_UPSERT, row)
    await connection.execute(_KEEP_VERSION, row)
    return stamped


async def set_involvement(
    connection: Connection, person: str, reasons: dict[str, tuple[str, ...]]
) -> None:
    """Takes a person and why each organisation is involved; replaces what was there."""
    rows = await connection.execute(
        "SELECT organisation, reasons FROM involvement WHERE person = %s", (person,)
    )
    before = {row[0]: tuple(row[1]) for row in await rows.fetchall()}
    if before == reasons:
        return
    await connection.execute("DELETE FROM involvement WHERE person = %s", (person,))
    await _insert_involvement(connection, person, reasons.items())


async def _insert_involvement(
    connection: Connection, person: str, reasons: Iterable[tuple[str, tuple[str, ...]]]
) -> None:
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO involvement (person, organisation, reasons) VALUES (%s, %s, %s)",
            [(person, organisation, list(why)) for organisation, why in reasons],
        )


def _stamp(resource: Resource, before: Stored | None, version: int, now: datetime) -> Resource:
    instant = now.isoformat()
    meta = {"versionId": str(version), "lastUpdated": instant, **resource["meta"]}
    stamped = {**resource, "meta": meta}
    if resource["resourceType"] == "Task":
        stamped["authoredOn"] = before.resource["authoredOn"] if before else instant
        stamped["lastModified"] = instant
    return stamped
