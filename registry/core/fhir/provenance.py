"""Where each thing comes from: the message, or the decision, as Provenance."""

from __future__ import annotations

from collections.abc import Iterator

from conformance import canonical
from nhs import addresses
from registry.core.decision import REGISTRY, Decision
from registry.core.fhir.drawing import Drawing
from registry.core.fhir.elements import Resource, concept, valued
from registry.core.fhir.evidence import flag_key
from registry.core.fhir.review import reason_concept, review_key
from registry.core.fhir.stay import encounter_key
from registry.core.statement import Statement

_PARTICIPANT_TYPE = f"{addresses.TERMINOLOGY}provenance-participant-type"
_AUTHOR = {"coding": [{"system": _PARTICIPANT_TYPE, "code": "author"}]}


def of_messages(drawing: Drawing) -> Iterator[Resource]:
    """One Provenance for each message that what is shown rests on."""
    targets: dict[str, tuple[Statement, list[str]]] = {}
    for statement, target in rests_on(drawing):
        key = f"{statement.source} {statement.content_hash}"
        targets.setdefault(key, (statement, []))[1].append(target)
    for key, (statement, found) in sorted(targets.items()):
        yield _of_message(drawing, key, statement, sorted(set(found)))


def rests_on(drawing: Drawing) -> Iterator[tuple[Statement, str]]:
    """What of the person's state rests on which message: statements, each with the reference of a
    resource (`Flag/1`); several of one message, or of one resource."""
    state = drawing.state
    if state.death is None:
        return
    for claim in state.death.claims:
        yield claim.statement, f"Observation/{drawing.id('death')}"
    for flag in state.flags:
        for evidence in flag.evidence:
            yield evidence.statement, f"Flag/{drawing.id(flag_key(flag))}"
    for finding in state.findings:
        if finding.makes_case:
            newest = [
                s
                for s in state.person.statements
                if s.stay
                and (s.source, s.stay.number) == (finding.spell.provider, finding.spell.number)
            ]
            yield newest[-1], f"Encounter/{drawing.id(encounter_key(finding.spell))}"


def _of_message(drawing: Drawing, key: str, statement: Statement, targets: list[str]) -> Resource:
    entities = [
        (canonical.MESSAGE_CONTROL_ID, statement.control_id),
        ("urn:ietf:rfc:3986", statement.message_hash),
    ]
    return valued(
        resourceType="Provenance",
        id=drawing.id(f"message {key}"),
        meta={"profile": [f"{addresses.UK_CORE_PROFILE}Provenance"]},
        target=[{"reference": target} for target in targets],
        **_recorded(statement),
        agent=[{"type": _AUTHOR, "who": drawing.organisation(statement.source)}],
        entity=[
            {"role": "source", "what": {"identifier": {"system": system, "value": value}}}
            for system, value in entities
            if value
        ],
    )


def _recorded(statement: Statement) -> Resource:
    if statement.recorded is not None:
        return {"recorded": statement.recorded.isoformat()}
    absent = {"url": addresses.EXTENSION_DATA_ABSENT_REASON, "valueCode": "unknown"}
    return {"_recorded": {"extension": [absent]}}


def of_decisions(drawing: Drawing) -> Iterator[Resource]:
    """One Provenance for each step that people took on a review."""
    routes = {review.route.code for review in drawing.state.reviews}
    for decision in drawing.state.decisions:
        if decision.route in routes:
            yield _of_decision(drawing, decision)


def _of_decision(drawing: Drawing, decision: Decision) -> Resource:
    reason = reason_concept(decision.reason)
    return valued(
        resourceType="Provenance",
        id=drawing.id(f"decision {decision.number}"),
        meta={"profile": [f"{addresses.UK_CORE_PROFILE}Provenance"]},
        target=[{"reference": f"Task/{drawing.id(review_key(decision.route))}"}],
        recorded=decision.at.isoformat(),
        reason=[reason] if reason else [],
        activity=concept(
            canonical.REVIEW_STEP, decision.step, decision.step.replace("-", " ").capitalize()
        ),
        agent=[_who_decided(drawing, decision)],
    )


def _who_decided(drawing: Drawing, decision: Decision) -> Resource:
    if decision.organisation == REGISTRY:
        return {"type": _AUTHOR, "who": {"display": "Learning from Deaths registry"}}
    organisation = drawing.organisation(decision.organisation)
    if decision.person is None:
        return {"type": _AUTHOR, "who": organisation}
    person = {
        "identifier": {"system": canonical.SIGNED_IN_PERSON, "value": decision.person.uid},
        "display": decision.person.name,
    }
    return {"type": _AUTHOR, "who": person, "onBehalfOf": organisation}
