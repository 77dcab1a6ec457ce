"""How and to where a stay ended, and whether that says the person died.

NHS Data Dictionary DISCHARGE METHOD (4 died, 5 stillbirth), DISCHARGE DESTINATION (79 died or
stillbirth), A AND E ATTENDANCE DISPOSAL (10 died in department).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from adapter.conversion.draft import Draft, Resource
from adapter.conversion.text_values import codeable_concept
from adapter.er7 import NULL, Segment
from mappings import CodeMap, FieldPlace

NHS_METHOD = "nhs-discharge-method"
METHOD_DIED, METHOD_STILLBIRTH, DESTINATION_DIED, DISPOSAL_DIED = "4", "5", "79", "10"
_ADMITTED = {"IMP", "SS"}
_NOT_ADMITTED = {"EMER", "AMB", "PRENC", "HH", "VR"}
_ADMISSION_EVENTS = {"A01", "A02", "A03", "A06"}
_WORDS = re.compile(r"\b(?:dead|died|death|deceased|rip|r\.i\.p|expired|passed away)\b", re.I)


class Verdict(Enum):
    """What a discharge says about death."""

    NOTHING = "nothing"
    DIED = "died"
    SUSPECTED = "suspected"


@dataclass(frozen=True, slots=True)
class Discharge:
    """What was read: the method and destination for FHIR, and the verdict on death."""

    method: Resource | None = None
    destination: Resource | None = None
    verdict: Verdict = Verdict.NOTHING


NO_DISCHARGE = Discharge()


@dataclass(frozen=True, slots=True)
class DischargeReader:
    """Reads a discharge with the code tables of a site."""

    method: CodeMap
    destination: CodeMap

    def read(
        self, segments: list[Segment], pv1: Segment, encounter_class: str, draft: Draft
    ) -> Discharge:
        """Takes a person's segments, the PV1 in question, and its class; returns the discharge."""
        site = draft.site
        method = _written(segments, pv1, site.discharge_method_field)
        destination = _written(segments, pv1, site.discharge_destination_field)
        method_at = _where(site.discharge_method_field)
        destination_at = _where(site.discharge_destination_field)
        if self._is_swapped(method, destination):
            draft.note("discharge-fields-swapped", method_at)
            method, destination = destination, method
            method_at, destination_at = destination_at, method_at
        verdict = self._verdict(method, destination, encounter_class, draft.event.code)
        if verdict is Verdict.SUSPECTED:
            draft.note("death-suspected", method_at if method else destination_at)
        return Discharge(
            codeable_concept(self.method)(method, draft, method_at) if method else None,
            codeable_concept(self.destination)(destination, draft, destination_at)
            if destination
            else None,
            verdict,
        )

    def _is_swapped(self, method: str, destination: str) -> bool:
        """A method has one character and a destination two, so the fields can be told apart."""
        return (
            self.method.name == NHS_METHOD
            and self.method.find(method) is None
            and self.destination.find(method) is not None
            and (not destination or self.method.find(destination) is not None)
        )

    def _verdict(self, method: str, destination: str, encounter_class: str, event: str) -> Verdict:
        if destination == DESTINATION_DIED and method != METHOD_STILLBIRTH:
            return Verdict.DIED
        if self.method.name == NHS_METHOD and method == METHOD_DIED:
            return Verdict.DIED if _is_admitted(encounter_class, event) else Verdict.SUSPECTED
        if self.method.name != NHS_METHOD and method == DISPOSAL_DIED:
            return Verdict.DIED if encounter_class == "EMER" else Verdict.SUSPECTED
        misplaced = self.method.name == NHS_METHOD and destination == METHOD_DIED
        if misplaced or _WORDS.search(method) or _WORDS.search(destination):
            return Verdict.SUSPECTED
        return Verdict.NOTHING


def _is_admitted(encounter_class: str, event: str) -> bool:
    """True where the stay is an admission, or its class is not known and the event is one."""
    if encounter_class in _ADMITTED:
        return True
    return encounter_class not in _NOT_ADMITTED and event in _ADMISSION_EVENTS


def _written(segments: list[Segment], pv1: Segment, place: FieldPlace) -> str:
    of = pv1
    if place.segment != "PV1":
        other = next((s for s in segments if s.id == place.segment), None)
        if other is None:
            return ""
        of = other
    text = of.text(place.field, place.component or 1)
    return "" if text == NULL else text


def _where(place: FieldPlace) -> str:
    return f"{place.segment}[1]-{place.field}"
