"""What a party to a case may have explained: each conclusion that its resources show, and of the
messages only what those resources rest on. A stay of long ago, another's question and who raised a
concern are left out, as they are everywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from registry.core.explanation import (
    Explanation,
    Fact,
    conclusions,
    said_of_death,
    said_of_evidence,
    said_of_stay,
)
from registry.core.fhir.drawing import Drawing
from registry.core.fhir.provenance import rests_on
from registry.core.flags import Flag
from registry.core.statement import Statement

# What an organisation's role has to see to be told why: what an explanation speaks of.
SPOKEN_OF = ("Task", "Patient", "Observation", "Encounter", "Condition", "Flag", "Provenance")


def explain_to_party(drawing: Drawing, organisation: str) -> Explanation:
    """Takes a person's state and a party to the case (ODS code); returns why it is so, as far as
    the party may know."""
    state = drawing.state
    told = [c for c in conclusions(state, drawing.directory) if c.is_for(organisation)]
    return Explanation(
        identifiers=tuple(f"{i.system}|{i.value}" for i in state.person.identifiers),
        facts=tuple(_facts(drawing)),
        conclusions=tuple(told),
    )


def _facts(drawing: Drawing) -> Iterator[Fact]:
    targets: dict[tuple[str, str], tuple[Statement, set[str]]] = {}
    for statement, target in rests_on(drawing):
        key = (statement.source, statement.content_hash)
        targets.setdefault(key, (statement, set()))[1].add(target.partition("/")[0])
    for statement, types in targets.values():
        yield Fact(
            source=statement.source,
            message=statement.control_id,
            trigger=statement.trigger,
            recorded=statement.recorded.isoformat() if statement.recorded else None,
            says=tuple(_says(statement, types, drawing.state.flags)),
        )


def _says(statement: Statement, types: set[str], flags: Iterable[Flag]) -> Iterator[str]:
    if "Encounter" in types and statement.stay is not None:
        yield said_of_stay(statement.stay)
    if "Observation" in types and statement.death is not None:
        yield said_of_death(statement.death)
    if "Flag" in types:
        shown = {(e.stated.system, e.stated.code) for flag in flags for e in flag.evidence}
        for evidence in statement.evidence:
            if (evidence.system, evidence.code) in shown:
                yield said_of_evidence(evidence)
