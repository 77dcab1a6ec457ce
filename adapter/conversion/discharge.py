"""How and to where a stay ended, and whether that says the person died (mappings/death.yaml)."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.draft import Draft, Resource
from adapter.conversion.text_values import codeable_concept
from adapter.er7 import NULL, Segment
from mappings import CodeMap, DeathRules, FieldPlace, Verdict

NHS_METHOD = "nhs-discharge-method"


@dataclass(frozen=True, slots=True)
class Discharge:
    """What was read: the method and destination for FHIR, and the verdict on death."""

    method: Resource | None = None
    destination: Resource | None = None
    verdict: Verdict = Verdict.NOTHING


NO_DISCHARGE = Discharge()


@dataclass(frozen=True, slots=True)
class DischargeReader:
    """Reads a discharge with the code tables of a site and the rules of death."""

    method: CodeMap
    destination: CodeMap
    rules: DeathRules

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
        stay = self.rules.stay(encounter_class, draft.event.code)
        verdict = self.rules.verdict(
            self.method.name,
            _national(self.method, method),
            _national(self.destination, destination),
            stay,
        )
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


def _national(codes: CodeMap, written: str) -> str:
    """The code that the sender's stands for; what no table knows as it is written."""
    target = codes.find(written)
    return target.code if target else written


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
