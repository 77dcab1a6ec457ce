"""All resources of one person, and what becomes of those that no longer follow from the facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from conformance import canonical
from nhs import addresses
from registry.core.deaths import Death
from registry.core.derive import PersonState
from registry.core.fhir import death, evidence, inquiry, provenance, referral, review, stay
from registry.core.fhir.drawing import Drawing
from registry.core.fhir.elements import Resource, concept, valued
from registry.core.resource_ids import ResourceIds
from registry.core.reviews import State
from registry.directory.organisation import Directory


@dataclass(frozen=True, slots=True)
class Drawn:
    """A resource, and who may see it: None for everybody who is party to the case, else only the
    organisations named. On `wakes_on` the clock has to look at it."""

    resource: Resource
    audience: tuple[str, ...] | None = None
    wakes_on: date | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Type and id."""
        return self.resource["resourceType"], self.resource["id"]


class PersonResources:
    """The resources of one person, built under one registry's ids and directory."""

    def __init__(self, state: PersonState, ids: ResourceIds, directory: Directory) -> None:
        self.state = state
        self.directory = directory
        self._drawing = Drawing(state, ids, directory)

    @property
    def person_id(self) -> str:
        """The id of the person's Patient."""
        return self._drawing.id("patient")

    @property
    def death_id(self) -> str:
        """The id of the Observation of the person's death, where there is one."""
        return self._drawing.id("death")

    @property
    def case_id(self) -> str:
        """The number of the case: one for a person's death, across all organisations."""
        return self._drawing.id("case")

    def all(self, began: Mapping[str, datetime], now: datetime) -> list[Drawn]:
        """Takes when each review known was first proposed, by the id of its Task, and the time now
        for those that begin; returns all resources of the person's state."""
        return list(self._all(began, now))

    def _all(self, began: Mapping[str, datetime], now: datetime) -> Iterator[Drawn]:
        drawing = self._drawing
        yield Drawn(_patient(drawing))
        yield from (Drawn(r) for r in death.observations(drawing))
        yield from (Drawn(r) for r in stay.encounters(drawing))
        yield from (Drawn(r) for r in evidence.conditions(drawing))
        yield from (Drawn(r) for r in evidence.flags(drawing))
        yield from (Drawn(r, wakes_on=day) for r, day in review.tasks(drawing, began, now))
        yield from (Drawn(r, (owner,)) for r, owner in inquiry.tasks(drawing))
        yield from (Drawn(r, audience) for r, audience in referral.requests(drawing))
        yield from (Drawn(r) for r in provenance.of_messages(drawing))
        yield from (Drawn(r) for r in provenance.of_decisions(drawing))


def _patient(drawing: Drawing) -> Resource:
    state, who = drawing.state, drawing.state.demographics
    name = valued(use="official", family=who.family, given=list(who.given))
    return valued(
        resourceType="Patient",
        id=drawing.id("patient"),
        meta={"profile": [f"{addresses.UK_CORE_PROFILE}Patient"]},
        identifier=[
            *(i._asdict() for i in state.person.identifiers),
            *({"use": "old", **i._asdict()} for i in state.person.superseded),
        ],
        name=[name] if len(name) > 1 else [],
        gender=who.gender,
        birthDate=who.birth_date,
        **_deceased(state.death),
        generalPractitioner=[drawing.organisation(state.practice)] if state.practice else [],
    )


def _deceased(died: Death | None) -> Resource:
    if died is None:
        return {}
    return {"deceasedDateTime": died.at.text} if died.at else {"deceasedBoolean": True}


def ended(task: Resource, because: str, *, in_error: bool) -> Resource:
    """Takes a stored review that no longer follows from the facts and nobody had accepted; returns
    it ended, with the reason."""
    without_due = {name: value for name, value in task.items() if name != "restriction"}
    return {
        **without_due,
        "status": "entered-in-error" if in_error else "cancelled",
        "statusReason": {"text": because},
        "businessStatus": concept(
            canonical.REVIEW_STATE, State.ENDED, review.STATE_NAMES[State.ENDED]
        ),
    }


def resolved(task: Resource) -> Resource:
    """Takes a stored inquiry that the facts no longer raise; returns it completed."""
    return {
        **task,
        "status": "completed",
        "statusReason": {"text": "The facts no longer raise this question."},
        "businessStatus": concept(
            canonical.REVIEW_STATE, State.COMPLETED, review.STATE_NAMES[State.COMPLETED]
        ),
    }


def replaced(patient: Resource, persons: list[PersonResources]) -> Resource | None:
    """Takes the Patient of somebody now known by another identifier, and the persons there are;
    returns it inactive with a link to the right one, or None where there is none."""
    stated = {(i["system"], i["value"]) for i in patient["identifier"]}
    for other in persons:
        if stated & set(other.state.person.found_by):
            link = {"other": {"reference": f"Patient/{other.person_id}"}, "type": "replaced-by"}
            return {**patient, "active": False, "link": [link]}
    return None


def withdrawn(resource: Resource) -> Resource:
    """Takes a stored death, stay, condition or flag that the facts no longer support; returns it
    withdrawn."""
    if resource["resourceType"] == "Condition":
        stated_in_error = {
            "coding": [
                {"system": addresses.CONDITION_VERIFICATION_STATUS, "code": "entered-in-error"}
            ]
        }
        without_status = {n: v for n, v in resource.items() if n != "clinicalStatus"}
        return {**without_status, "verificationStatus": stated_in_error}
    return {**resource, "status": "entered-in-error"}
