"""What somebody reached for in vain: is it there, and may they know?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from registry.audit.act import Subject
from registry.store.transaction import Connection

_RESOURCE = """
    SELECT r.type, r.id, r.person, r.audience, EXISTS (
        SELECT FROM readable AS v
        WHERE v.organisation = %(organisation)s AND v.type = r.type AND v.id = r.id)
    FROM resource AS r WHERE r.type = %(type)s AND r.id = %(id)s AND r.person IS NOT NULL
"""
_PEOPLE = """
    SELECT 'Patient', r.person, r.person, r.audience, EXISTS (
        SELECT FROM readable AS v
        WHERE v.organisation = %(organisation)s AND v.type = 'Patient' AND v.id = r.id)
    FROM resource AS r
    WHERE r.type = 'Patient' AND (r.id = ANY (%(ids)s::text[]) OR r.id IN (
        SELECT p.person FROM person_identifier AS p
        JOIN unnest(%(systems)s::text[], %(values)s::text[]) AS k (system, value)
            ON p.system = k.system AND p.value = k.value))
"""


async def resource(
    connection: Connection, organisation: str | None, resource_type: str, resource_id: str
) -> tuple[list[Subject], list[Subject]]:
    """Takes who reached for which resource; returns it among what they may read, or among what
    they may not, or in neither where it is not there."""
    values = {"organisation": organisation, "type": resource_type, "id": resource_id}
    return await _told_apart(connection, _RESOURCE, values)


async def people(
    connection: Connection,
    organisation: str | None,
    identifiers: Iterable[tuple[str, str]],
    ids: Iterable[str],
) -> tuple[list[Subject], list[Subject]]:
    """Takes who asked for which people, by identifiers (system and value) and ids of Patients;
    returns those they may read of, and those they may not."""
    known = list(identifiers)
    values = {
        "organisation": organisation,
        "systems": [system for system, _ in known],
        "values": [value for _, value in known],
        "ids": list(ids),
    }
    return await _told_apart(connection, _PEOPLE, values)


async def _told_apart(
    connection: Connection, query: str, values: Mapping[str, object]
) -> tuple[list[Subject], list[Subject]]:
    theirs: list[Subject] = []
    others: list[Subject] = []
    rows = await connection.execute(query.encode(), values)
    for resource_type, resource_id, person, audience, is_theirs in await rows.fetchall():
        seen_by = None if audience is None else tuple(audience)
        found = Subject(resource_type, resource_id, person, seen_by)
        (theirs if is_theirs else others).append(found)
    return theirs, others
