"""A person's state as FHIR resources: Patient, Observation (the death), Flag, Task (the reviews).

`meta.versionId`, `meta.lastUpdated` and `Task.authoredOn` are not here: the store knows when it
first wrote a thing, and two equal states must give equal resources.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance import canonical
from nhs import addresses
from registry.core.deaths import Death
from registry.core.derive import PersonState
from registry.core.flags import Evidence, Flag
from registry.core.resource_ids import ResourceIds
from registry.core.reviews import Necessity, Review, Route, State
from registry.core.scope import Finding
from registry.directory.organisation import Directory

Resource = dict[str, Any]

ROUTE_NAMES = {Route.CASE_RECORD_REVIEW: "Case record review", Route.LEDER: "LeDeR review"}
_NECESSITY_NAMES = {
    Necessity.TO_BE_SCREENED: "To be screened",
    Necessity.REQUIRED: "Required",
}
_STATE_NAMES = {
    State.PROPOSED: "Lead proposed",
    State.ACCEPTED: "Lead accepted",
    State.OUT_OF_SCOPE: "Lead accepted; facts changed, no longer in scope: the lead decides",
    State.ENDED: "Ended because the facts changed",
}
_TASK_STATUS = {
    State.PROPOSED: "requested",
    State.ACCEPTED: "accepted",
    State.OUT_OF_SCOPE: "accepted",
    State.ENDED: "entered-in-error",
}
DEATH_CODE = {"system": addresses.SNOMED_CT, "code": "419620001", "display": "Death"}


class PersonResources:
    """The resources of one person, built under one registry's ids and directory."""

    def __init__(self, state: PersonState, ids: ResourceIds, directory: Directory) -> None:
        self.state = state
        self._ids = ids
        self._directory = directory
        self._key = state.person.key

    @property
    def person_id(self) -> str:
        """The id of the person's Patient."""
        return self._id("patient")

    @property
    def case_id(self) -> str:
        """The number of the case: one for a person's death, across all organisations."""
        return self._id("case")

    def all(self) -> list[Resource]:
        """All resources of the person's state."""
        return [self._patient(), *self._death(), *self._flags(), *self._tasks()]

    def _id(self, what: str) -> str:
        return self._ids.of(self._key, what)

    def _organisation(self, ods: str) -> Resource:
        return {
            "reference": f"Organization/{ods}",
            "identifier": {"system": addresses.ODS_ORGANISATION, "value": ods},
            "display": self._directory.name(ods),
        }

    def _subject(self) -> Resource:
        subject: Resource = {"reference": f"Patient/{self.person_id}"}
        if self._key.is_nhs_number:
            subject["identifier"] = {"system": self._key.system, "value": self._key.value}
        return subject

    def _patient(self) -> Resource:
        state, who = self.state, self.state.demographics
        name = _valued(use="official", family=who.family, given=list(who.given))
        return _valued(
            resourceType="Patient",
            id=self.person_id,
            meta={"profile": [f"{addresses.UK_CORE_PROFILE}Patient"]},
            identifier=[i._asdict() for i in state.person.identifiers],
            name=[name] if len(name) > 1 else [],
            gender=who.gender,
            birthDate=who.birth_date,
            **_deceased(state.death),
            generalPractitioner=[self._organisation(state.practice)] if state.practice else [],
        )

    def _death(self) -> Iterator[Resource]:
        death = self.state.death
        if death is None:
            return
        yield _valued(
            resourceType="Observation",
            id=self._id("death"),
            meta={"profile": [canonical.DEATH_OBSERVATION]},
            identifier=[{"system": canonical.CASE_ID, "value": self.case_id}]
            if self.state.is_in_scope
            else [],
            status="preliminary" if self.state.claims.conflicting else "final",
            code={"coding": [DEATH_CODE], "text": "Death"},
            subject=self._subject(),
            effectiveDateTime=death.at.text if death.at else None,
            performer=[self._organisation(claim.source) for claim in death.claims],
            component=[self._scope(finding) for finding in self.state.findings],
        )

    def _scope(self, finding: Finding) -> Resource:
        return {
            "code": {
                "coding": [{"system": canonical.REVIEW_INPUT, "code": "scope"}],
                "text": f"Scope for {finding.spell.provider}",
            },
            "valueCodeableConcept": self._finding(finding),
        }

    def _finding(self, finding: Finding) -> Resource:
        sentence = finding.sentence(self._directory.name(finding.spell.provider))
        return _concept(canonical.DEATH_SCOPE, finding.relation, sentence)

    def _flags(self) -> Iterator[Resource]:
        if self.state.death is None:
            return
        for flag in self.state.flags:
            yield {
                "resourceType": "Flag",
                "id": self._flag_id(flag),
                "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}Flag"]},
                "status": "active",
                "code": _concept(canonical.FLAG_CODE, _flag_code(flag), flag.name),
                "subject": self._subject(),
                "author": self._organisation(flag.evidence[0].source),
            }

    def _flag_id(self, flag: Flag) -> str:
        return self._id(f"flag {_flag_code(flag)}")

    def _tasks(self) -> Iterator[Resource]:
        for review in self.state.reviews:
            yield self._task(review)

    def _task(self, review: Review) -> Resource:
        task_id = self._id(f"review {review.route}")
        since = review.lead_since
        return _valued(
            resourceType="Task",
            id=task_id,
            meta={"profile": [canonical.REVIEW_TASK, f"{addresses.UK_CORE_PROFILE}Task"]},
            identifier=[{"system": canonical.REVIEW_ID, "value": task_id}],
            groupIdentifier={"system": canonical.CASE_ID, "value": self.case_id},
            status=_TASK_STATUS[review.state],
            statusReason={"text": review.ended_because} if review.ended_because else None,
            businessStatus=_concept(
                canonical.REVIEW_STATE, review.state, _STATE_NAMES[review.state]
            ),
            intent="order",
            code=_concept(canonical.REVIEW_ROUTE, review.route, ROUTE_NAMES[review.route]),
            focus={"reference": f"Observation/{self._id('death')}"},
            **{"for": self._subject()},
            executionPeriod={"start": since.isoformat()} if since else None,
            requester={"display": "Learning from Deaths registry"},
            owner=self._organisation(review.owner) if review.owner else None,
            reasonCode=self._reason(),
            input=list(self._inputs(review)),
        )

    def _reason(self) -> Resource | None:
        in_scope = [f for f in self.state.findings if f.is_in_scope]
        return self._finding(in_scope[0]) if in_scope else None

    def _inputs(self, review: Review) -> Iterator[Resource]:
        if review.state in (State.PROPOSED, State.ACCEPTED):
            necessity = review.necessity
            yield _input(
                "necessity",
                _concept(canonical.REVIEW_NECESSITY, necessity, _NECESSITY_NAMES[necessity]),
            )
        for finding in self.state.findings:
            if finding.is_in_scope:
                yield _input("scope", self._finding(finding))
        yield from self._death_sources()
        for criterion in review.criteria:
            concept = _concept(canonical.REVIEW_CRITERION, criterion.code, criterion.sentence)
            yield _input("criterion", concept)
        yield from self._evidence()
        if review.proposed:
            rule = _concept(canonical.LEAD_RULE, review.proposed.rule, review.proposed.sentence)
            yield _input("lead-rule", rule)

    def _death_sources(self) -> Iterator[Resource]:
        for claim in self.state.death.claims if self.state.death else ():
            statement = claim.statement
            name = self._directory.name(claim.source)
            yield _input(
                "death-source",
                f"{name} said so in message {statement.control_id or 'without control id'} "
                f"({statement.trigger}).",
            )

    def _sentence(self, evidence: Evidence) -> str:
        return evidence.sentence(self._directory.name(evidence.source))

    def _evidence(self) -> Iterator[Resource]:
        for flag in self.state.flags:
            for evidence in flag.evidence:
                yield _input(
                    "evidence",
                    {
                        "reference": f"Flag/{self._flag_id(flag)}",
                        "display": f"{flag.name}: {self._sentence(evidence)}",
                    },
                )


def ended(task: Resource, because: str, *, in_error: bool) -> Resource:
    """Takes a stored review that no longer follows from the facts and nobody had accepted; returns
    it ended, with the reason."""
    return {
        **task,
        "status": "entered-in-error" if in_error else "cancelled",
        "statusReason": {"text": because},
        "businessStatus": _concept(canonical.REVIEW_STATE, State.ENDED, _STATE_NAMES[State.ENDED]),
    }


def replaced(patient: Resource, persons: list[PersonResources]) -> Resource | None:
    """Takes the Patient of somebody now known by another identifier, and the persons there are;
    returns it inactive with a link to the right one, or None where there is none."""
    stated = {(i["system"], i["value"]) for i in patient["identifier"]}
    for other in persons:
        if stated & set(other.state.person.identifiers):
            link = {"other": {"reference": f"Patient/{other.person_id}"}, "type": "replaced-by"}
            return {**patient, "active": False, "link": [link]}
    return None


def withdrawn(resource: Resource) -> Resource:
    """Takes a stored death or flag that the facts no longer support; returns it withdrawn."""
    return {**resource, "status": "entered-in-error"}


def _deceased(death: Death | None) -> Resource:
    if death is None:
        return {}
    return {"deceasedDateTime": death.at.text} if death.at else {"deceasedBoolean": True}


def _flag_code(flag: Flag) -> str:
    return flag.code if flag.is_confirmed else f"possible-{flag.code}"


def _concept(system: str, code: str, text: str) -> Resource:
    return {"coding": [{"system": system, "code": str(code)}], "text": text}


def _input(kind: str, value: Resource | str) -> Resource:
    if isinstance(value, str):
        element = "valueString"
    else:
        element = "valueReference" if "reference" in value else "valueCodeableConcept"
    return {"type": {"coding": [{"system": canonical.REVIEW_INPUT, "code": kind}]}, element: value}


def _valued(**elements: Any) -> Resource:
    """The elements that have a value: FHIR knows no empty ones."""
    return {name: value for name, value in elements.items() if value not in (None, [], {}, "")}
