"""Explains a person from what the database holds, without changing it."""

from __future__ import annotations

from datetime import UTC, datetime

from registry.core import identity
from registry.core.derive import PersonState
from registry.core.explanation import Explanation, explain
from registry.core.explanation_for_party import explain_to_party
from registry.core.fhir.drawing import Drawing
from registry.core.statement import Identifier
from registry.directory.organisation import Directory
from registry.store import kept
from registry.store.knowledge import knowledge_for
from registry.store.recompute import Rules, state_of
from registry.store.transaction import Connection

_PERSON = "SELECT key_system, key_value FROM person WHERE id = %s"
_CLUSTER = "SELECT cluster FROM identifier WHERE system = %s AND value = %s"


async def explanation(
    connection: Connection, identifier: Identifier, rules: Rules
) -> Explanation | None:
    """Takes an identifier; returns why the registry says what it says of that person, None where
    nothing is held."""
    found = await _state(connection, identifier, rules)
    return None if found is None else explain(*found)


async def explanation_for_party(
    connection: Connection, patient_id: str, organisation: str, rules: Rules
) -> Explanation | None:
    """Takes the id of a Patient that an organisation (ODS code) may read; returns why the registry
    says what it says of the person, as far as a party may know. None: nothing is held. It reads
    the facts themselves, which the reader's role does not: the caller has seen to it that the
    Patient may be read."""
    row = await (await connection.execute(_PERSON, (patient_id,))).fetchone()
    found = row and await _state(connection, Identifier(*row), rules)
    if not found:
        return None
    state, directory = found
    return explain_to_party(Drawing(state, rules.ids, directory), organisation)


async def _state(
    connection: Connection, identifier: Identifier, rules: Rules
) -> tuple[PersonState, Directory] | None:
    row = await (await connection.execute(_CLUSTER, identifier)).fetchone()
    if row is None:
        return None
    facts = await kept.facts_of(connection, row[0])
    known = await knowledge_for(connection, facts, datetime.now(UTC))
    for person in identity.persons(facts.statements, rules.numbers):
        if identifier in (person.key, *person.found_by):
            return state_of(person, facts, known), known.directory
    return None
