"""What a stored Task says of its review, as the steps need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance import canonical
from registry.core.alarms import ROUTE
from registry.core.fhir.elements import of_kind
from registry.core.flags import CONFIRMATION
from registry.core.inquiries import Asked
from registry.core.leads import AREA_ICB
from registry.core.reviews import Necessity, State

Resource = dict[str, Any]

# The businessStatus of an inquiry is one of these two as well.
_OPEN_LEAD = {State.ACCEPTED, State.IN_PROGRESS, State.ON_HOLD, State.OUT_OF_SCOPE}


@dataclass(frozen=True, slots=True)
class ReviewTask:
    """A Task of the registry: a review, or an inquiry."""

    resource: Resource

    @property
    def is_inquiry(self) -> bool:
        """True for a question to one organisation."""
        return self._coding("code").get("system") == canonical.INQUIRY

    @property
    def route(self) -> str:
        """What decisions on this Task name."""
        code = str(self._coding("code").get("code"))
        if not self.is_inquiry:
            return code
        subject = str(self._coding("reasonCode").get("code"))
        if code == Asked.CONFIRM_FLAG:
            return f"{CONFIRMATION}{subject}"
        if code == Asked.CONFIRM_ALARM:
            reference = str(self.inputs("alarm")[0]["valueReference"]["reference"])
            return f"{ROUTE}{reference.removeprefix('ServiceRequest/')}"
        return f"data-quality {subject} {self._source or self.owner}"

    @property
    def asks_for_a_finding(self) -> bool:
        """True for a question that is answered by confirmed or not confirmed."""
        code = self._coding("code").get("code")
        return self.is_inquiry and code in (Asked.CONFIRM_FLAG, Asked.CONFIRM_ALARM)

    @property
    def about(self) -> str | None:
        """The fingerprint of the facts that a question is about; None where it names none."""
        facts = self.inputs("facts")
        return str(facts[0]["valueString"]) if facts else None

    @property
    def _source(self) -> str | None:
        """Whose messages a question is about, where its owner is their successor."""
        asked = self.inputs("asked-about")
        return _ods(asked[0]["valueReference"]) if asked else None

    @property
    def state(self) -> State:
        """Where it stands."""
        return State(self._coding("businessStatus")["code"])

    @property
    def owner(self) -> str | None:
        """Who leads, or is asked to."""
        return _ods(self.resource.get("owner", {}))

    @property
    def has_lead(self) -> bool:
        """True when somebody accepted to lead and has not finished."""
        return self.state in _OPEN_LEAD

    @property
    def offered_to(self) -> str | None:
        """Whom the lead is offered to."""
        offers = self.inputs("offered-to")
        return _ods(offers[0]["valueReference"]) if offers else None

    @property
    def contributors(self) -> set[str]:
        """Who contributes."""
        found = {_ods(i["valueReference"]) for i in self.inputs("contributor")}
        return {ods for ods in found if ods}

    @property
    def is_last_candidate(self) -> bool:
        """True when the board of the area is asked: nobody comes after it."""
        rules = self.inputs("lead-rule")
        codes = [first_coding(rule["valueCodeableConcept"]).get("code") for rule in rules]
        return AREA_ICB in codes

    @property
    def is_to_be_screened(self) -> bool:
        """True where people have yet to say whether the death is reviewed."""
        necessity = self.inputs("necessity")
        codes = [first_coding(n["valueCodeableConcept"]).get("code") for n in necessity]
        return Necessity.TO_BE_SCREENED in codes

    def inputs(self, kind: str) -> list[Resource]:
        """Takes a kind of input; returns the inputs of it."""
        return of_kind(self.resource.get("input", []), canonical.REVIEW_INPUT, kind)

    def _coding(self, element: str) -> Resource:
        return first_coding(self.resource.get(element, {}))


def first_coding(concept: Resource) -> Resource:
    """Takes a CodeableConcept; returns its first coding, empty where it has none."""
    codings: list[Resource] = concept.get("coding", [])
    return codings[0] if codings else {}


def _ods(reference: Resource) -> str | None:
    return reference.get("identifier", {}).get("value")
