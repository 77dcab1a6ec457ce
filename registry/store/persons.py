"""Which persons a cluster holds, and by which identifiers each can be found."""

from __future__ import annotations

from collections.abc import Sequence

from registry.audit.act import Subject
from registry.core.fhir.person import PersonResources
from registry.store.kept import ClusterShown
from registry.store.transaction import Connection

_PERSON = "INSERT INTO person (id, cluster, key_system, key_value) VALUES (%s, %s, %s, %s)"
_IDENTIFIERS_OF = """
    INSERT INTO person_identifier (system, value, person)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])
"""


async def replace(
    connection: Connection, cluster: int, before: ClusterShown, shown: Sequence[PersonResources]
) -> None:
    """Takes a locked cluster, what was shown of it and its persons; makes them findable by their
    identifiers, and no others by these."""
    for built in shown:
        if built.person_id not in before.persons:
            key = built.state.person.key
            await connection.execute(_PERSON, (built.person_id, cluster, *key))
    wanted = {
        (i.system, i.value, built.person_id) for built in shown for i in built.state.person.found_by
    }
    if before.identifiers != wanted:
        await _rewrite(connection, cluster, sorted(wanted))


async def subjects(connection: Connection, clusters: Sequence[int]) -> list[Subject]:
    """Takes clusters; returns the Patients that are shown of their persons."""
    if not clusters:
        return []
    rows = await connection.execute(
        "SELECT id FROM person WHERE cluster = ANY (%s) ORDER BY id", (list(clusters),)
    )
    return [Subject("Patient", row[0], row[0]) for row in await rows.fetchall()]


async def _rewrite(
    connection: Connection, cluster: int, wanted: Sequence[tuple[str, str, str]]
) -> None:
    await connection.execute(
        "DELETE FROM person_identifier WHERE person IN (SELECT id FROM person WHERE cluster = %s)",
        (cluster,),
    )
    columns = [list(column) for column in zip(*wanted, strict=True)]
    if columns:
        await connection.execute(_IDENTIFIERS_OF, columns)
