"""Explains a person from what the database holds, without changing it."""

from __future__ import annotations

from registry.core import identity
from registry.core.explanation import Explanation, explain
from registry.core.statement import Identifier
from registry.store import facts
from registry.store.recompute import Rules, directory_for, state_of
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
    stated, _ = await facts.statements_of(connection, row[0])
    decisions = await facts.decisions_of(connection, row[0])
    directory = await directory_for(connection, stated, decisions)
    for person in identity.persons(stated, rules.numbers):
        if identifier in (person.key, *person.identifiers):
            return explain(state_of(person, decisions, directory), directory)
    return None
