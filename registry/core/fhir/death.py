"""The death as an Observation, with how each stay relates to it."""

from __future__ import annotations

from collections.abc import Iterator

from conformance import canonical
from nhs import addresses
from registry.core.derive import Place
from registry.core.fhir.drawing import Drawing
from registry.core.fhir.elements import Resource, concept, valued
from registry.core.scope import Finding

DEATH_CODE = {"system": addresses.SNOMED_CT, "code": "419620001", "display": "Death"}
_PLACE_NAMES = {
    Place.IN_SPELL: "In hospital",
    Place.AFTER_DISCHARGE: "After leaving hospital or care",
    Place.UNKNOWN: "Not known",
}


def observations(drawing: Drawing) -> Iterator[Resource]:
    """The death, where the facts add up to one."""
    state, death = drawing.state, drawing.state.death
    if death is None:
        return
    yield valued(
        resourceType="Observation",
        id=drawing.id("death"),
        meta={"profile": [canonical.DEATH_OBSERVATION]},
        identifier=[{"system": canonical.CASE_ID, "value": drawing.id("case")}]
        if state.has_case
        else [],
        status="preliminary" if state.claims.conflicting else "final",
        code={"coding": [DEATH_CODE], "text": "Death"},
        subject=drawing.subject(),
        effectiveDateTime=death.at.text if death.at else None,
        performer=[drawing.organisation(claim.source) for claim in death.claims],
        component=[_place(state.place), *(_scope(drawing, f) for f in state.findings)],
    )


def finding_concept(drawing: Drawing, finding: Finding) -> Resource:
    """Takes how a stay relates to the death; returns it as a concept with its sentence."""
    sentence = finding.sentence(drawing.name(finding.spell.provider))
    return concept(canonical.DEATH_SCOPE, finding.relation, sentence)


def _place(place: Place) -> Resource:
    return {
        "code": {
            "coding": [{"system": canonical.REVIEW_INPUT, "code": "place"}],
            "text": "Place of death",
        },
        "valueCodeableConcept": concept(canonical.DEATH_PLACE, place, _PLACE_NAMES[place]),
    }


def _scope(drawing: Drawing, finding: Finding) -> Resource:
    text = f"Scope for {finding.spell.provider}"
    if finding.rule:
        text += f", by the rule '{finding.rule.name}' ({finding.rule.source})"
    return {
        "code": {
            "coding": [{"system": canonical.REVIEW_INPUT, "code": "scope"}],
            "text": text,
        },
        "valueCodeableConcept": finding_concept(drawing, finding),
    }
