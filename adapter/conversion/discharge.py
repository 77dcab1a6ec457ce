"""How and to where a stay ended, and whether that says the person died (mappings/death.yaml)."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.draft import Draft, Resource
from adapter.conversion.groups import Group
from adapter.conversion.text_values import codeable_concept
from adapter.er7 import NULL, Segment
from mappings import CodeMap, DeathRules, FieldPlace, Site, Verdict

NHS_METHOD = "nhs-discharge-method"


@dataclass(slots=True)
class Discharge:
    """What was read: the method and destination for FHIR, and the verdict on death."""

    method: Resource | None = None
    destination: Resource | None = None
    verdict: Verdict = Verdict.NOTHING


NO_DISCHARGE = Discharge()


class DischargeReader:
    """Reads a discharge with the code tables of a site and the rules of death."""

    def __init__(
        self, site: Site, method: CodeMap, destination: CodeMap, rules: DeathRules
    ) -> None:
        self._method, self._destination, self._rules = method, destination, rules
        self._method_field = site.discharge_method_field
        self._destination_field = site.discharge_destination_field
        self._fields = _where(self._method_field), _where(self._destination_field)
        self._read_method = codeable_concept(method)
        self._read_destination = codeable_concept(destination)

    def read(self, group: Group, pv1: Segment, encounter_class: str, draft: Draft) -> Discharge:
        """Takes a person's segments, the PV1 in question, and its class; returns the discharge."""
        method = _written(group, pv1, self._method_field)
        destination = _written(group, pv1, self._destination_field)
        method_at, destination_at = self._fields
        if self._is_swapped(method, destination):
            draft.note("discharge-fields-swapped", method_at)
            method, destination = destination, method
            method_at, destination_at = destination_at, method_at
        stay = self._rules.stay(encounter_class, draft.event.code)
        verdict = self._rules.verdict(
            self._method.name,
            _national(self._method, method),
            _national(self._destination, destination),
            stay,
        )
        if verdict is Verdict.SUSPECTED:
            draft.note("death-suspected", method_at if method else destination_at)
        return Discharge(
            self._read_method(method, draft, method_at) if method else None,
            self._read_destination(destination, draft, destination_at) if destination else None,
            verdict,
        )

    def _is_swapped(self, method: str, destination: str) -> bool:
        """A method has one character and a destination two, so the fields can be told apart."""
        return (
            self._method.name == NHS_METHOD
            and self._method.find(method) is None
            and self._destination.find(method) is not None
            and (not destination or self._method.find(destination) is not None)
        )


def _national(codes: CodeMap, written: str) -> str:
    """The code that the sender's stands for; what no table knows as it is written."""
    target = codes.find(written)
    return target.code if target else written


def _written(group: Group, pv1: Segment, place: FieldPlace) -> str:
    of = pv1
    if place.segment != "PV1":
        others = group.all(place.segment)
        if not others:
            return ""
        of = others[0]
    text = of.text(place.field, place.component or 1)
    return "" if text == NULL else text


def _where(place: FieldPlace) -> str:
    return f"{place.segment}[1]-{place.field}"
