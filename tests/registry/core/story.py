"""Prints histories so that a counter-example can be read: one line for each message, decision or
concern; who, when, what kind, what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from registry.core.concern import Concern
from registry.core.decision import Decision
from registry.core.statement import Identifier, Statement, StayStated


def told(history: Iterable[Statement]) -> str:
    """Takes messages; returns them as a story, in the order given."""
    return "\n".join(["The messages:", *(_line(statement) for statement in history)])


def decided(decisions: Iterable[Decision]) -> str:
    """Takes decisions; returns them as a story, in the order given."""
    return "\n".join(["The decisions:", *(_decision(decision) for decision in decisions)])


def raised(concerns: Iterable[Concern]) -> str:
    """Takes concerns; returns them as a story."""
    return "\n".join(["The concerns:", *(_concern(concern) for concern in concerns)])


def _line(statement: Statement) -> str:
    when = f"{statement.recorded:%Y-%m-%d %H:%M}" if statement.recorded else "no time"
    says = "; ".join(_says(statement)) or "nothing"
    head = f"  {statement.source} {when} #{statement.control_id} {statement.trigger}"
    return f"{head} of {_names(statement.identifiers)}: {says}"


def _says(statement: Statement) -> Iterator[str]:
    if statement.stay:
        yield _stay(statement.stay)
    if statement.death:
        status = f", status {statement.death.status}" if statement.death.status else ""
        yield f"{statement.death.verdict} {statement.death.at or 'undated'}{status}"
    for evidence in statement.evidence:
        withdrawn = " withdrawn" if evidence.withdrawn else ""
        yield f"{evidence.code} for {evidence.flag}{withdrawn}"
    for word, others in (
        ("takes in", statement.prior),
        ("is also", statement.linked),
        ("is not", statement.unlinked),
        ("replaces", statement.superseded),
    ):
        if others:
            yield f"{word} {_names(others)}"
    if statement.demographics.birth_date:
        yield f"born {statement.demographics.birth_date}"
    if statement.practice:
        yield f"practice {statement.practice}"
    if statement.issues:
        yield f"issues {', '.join(statement.issues)}"


def _stay(stay: StayStated) -> str:
    parts = (
        f"stay {stay.number} {stay.encounter_class} {stay.status}",
        f"in {stay.admitted}" if stay.admitted else "",
        f"by {stay.admission_method}" if stay.admission_method else "",
        f"out {stay.discharged}" if stay.discharged else "",
        "not discharged after all" if stay.discharge_deleted else "",
        f"method {stay.discharge_method}" if stay.discharge_method else "",
        f"to {stay.discharge_destination}" if stay.discharge_destination else "",
        f"specialty {stay.specialty}" if stay.specialty else "",
    )
    return " ".join(part for part in parts if part)


def _names(identifiers: Iterable[Identifier]) -> str:
    return "+".join(
        f"NHS {i.value}" if i.is_nhs_number else f"{i.system.rsplit('/', 1)[-1]}:{i.value}"
        for i in identifiers
    )


def _decision(decision: Decision) -> str:
    said = f" to {decision.to}" if decision.to else ""
    if decision.selected is not None:
        said += " selected" if decision.selected else " not selected"
    said += "".join(f" {o.kind} {o.code or o.text}" for o in decision.outcomes)
    when = f"{decision.at:%Y-%m-%d %H:%M}"
    head = f"  {decision.number}. {decision.organisation} {when}"
    return f"{head} {decision.step} ({decision.route}){said}"


def _concern(concern: Concern) -> str:
    withdrawn = " withdrawn" if concern.is_withdrawn else ""
    advice = ", ".join(sorted(concern.recommendations))
    head = f"  {concern.organisation} {concern.raised_at:%Y-%m-%d %H:%M} {concern.number}"
    return f"{head} {concern.kind}{withdrawn} {advice}".rstrip()
