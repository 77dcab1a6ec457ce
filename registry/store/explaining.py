"""Explains a person from what the database holds, without changing it."""

from __future__ import annotations

from datetime import UTC, datetime

from registry.core import identity
from registry.core.explanation import Explanation, explain
from registry.core.statement import Identifier
from registry.store.knowledge import knowledge_for
from registry.store.recompute import Rules, held_of, state_of
from registry.store.transaction import Connection

_CLUSTER = "SELECT cluster FROM identifier WHERE system = %s AND value = %s"


async def explanation(
    connection: Connection, identifier: Identifier, rules: Rules
) -> Explanation | None:
    """Takes an identifier; returns why the registry says what it says of that person, None where
    nothing is held."""
    row = await (await connection.execute(_CLUSTER, identifier)).fetchone()
    if row is None:
        return None
    held = await held_of(connection, row[0])
    known = await knowledge_for(
        connection, held.statements, held.decisions, held.concerns, datetime.now(UTC)
    )
    for person in identity.persons(held.statements, rules.numbers):
        if identifier in (person.key, *person.found_by):
            return explain(state_of(person, held, known), known.directory)
    return None
