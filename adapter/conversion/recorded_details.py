"""Facts about a person that FHIR has no resource for, as UK Core Observations of our own codes.

PDA (death and autopsy), DB1 (disability), ACC (accident), DRG (casemix group), PD1-7 (living will)
and ZU1 (psychiatric admission status). The guide has a map of PD1-7 only; the others are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.draft import Draft, Resource, coding
from adapter.conversion.periods import settle
from adapter.conversion.segment_entry import About, Kind
from adapter.er7 import Segment
from conformance import canonical

_WORTH_SAYING = ("valueCodeableConcept", "valueBoolean", "component", "extension", "performer")
_PATIENT = {"", "PT"}
"""DB1-2, HL7 table 0334: a disability may be of the insured or the guarantor instead."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One such fact: its segment map, its code, the fields that tell two of them apart, and the
    one field that it stands in, where it is one."""

    map: str
    code: Resource
    key: tuple[int, ...] = ()
    only_with: int = 0


def own(code: str, display: str) -> Resource:
    """Takes a code of our code system of observations with its name; returns the Coding."""
    return coding(canonical.OBSERVATION_CODE, code, display)


DETAILS = (
    Detail("PDA[Observation-Death]", own("death-details", "Details of death")),
    Detail("PDA[Observation-Autopsy]", own("autopsy", "Autopsy")),
    Detail("DB1[Observation-Disability]", own("disability", "Disability"), (3, 5)),
    Detail("ACC[Observation-Accident]", own("accident", "Accident"), (1, 2)),
    Detail("DRG[Observation-Casemix]", own("casemix-group", "Casemix group")),
    Detail(
        "PD1[Observation-LivingWill]",
        coding("http://loinc.org", "75320-2", "Advance directive"),
        only_with=7,
    ),
    Detail(
        "ZU1[Observation-Psychiatric]",
        own("psychiatric-admission-status", "Psychiatric admission status"),
    ),
)


def observation_kind(detail: Detail) -> Kind:
    """Takes a detail; returns what its segment becomes."""
    return Kind(
        detail.map,
        "Observation",
        person="subject",
        stay="" if detail.map.startswith(("PD1", "DB1")) else "encounter",
        key=detail.key,
        requires=_WORTH_SAYING,
        only_with=detail.only_with,
        fixed={"status": "final", "code": {"coding": [detail.code]}},
        finish=_finish,
    )


def _finish(
    observation: Resource, segment: Segment, label: str, _about: About, draft: Draft
) -> None:
    if segment.id == "DB1" and segment.text(2).upper() not in _PATIENT:
        for name in _WORTH_SAYING:
            observation.pop(name, None)
    settle(observation.get("effectivePeriod", {}), label, draft)
    for component in observation.get("component", []):
        settle(component.get("valuePeriod", {}), label, draft)
