"""Reads what a registry has found out of its FHIR resources."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance import canonical
from simulation.conclusion import Conclusion, together
from simulation.life import Place
from simulation.truth import Truth

Resource = dict[str, Any]
DIED_IN_STAY, WITHIN_30_DAYS, POSSIBLY = (
    "died-in-spell",
    "within-30-days",
    "possibly-within-30-days",
)
CASE_RECORD_REVIEW, LEDER_REVIEW = "case-record-review", "leder"
ENDED = {"cancelled", "entered-in-error"}
_PLACES = {DIED_IN_STAY: Place.IN_HOSPITAL, WITHIN_30_DAYS: Place.AFTER_DISCHARGE}
_PROVIDER = re.compile(r"Scope for (?P<ods>\w+)")
# The registry gives the days from discharge to death only in the sentence that people read.
_DAYS = re.compile(r"Died (?:on the day|(?P<days>\d+) days?) after discharge")


def conclusions(
    found: Mapping[str, Sequence[Resource]], truths: Iterable[Truth]
) -> dict[str, Conclusion]:
    """Takes all Patient, Observation, Flag and Task resources, by type, and whom to look for;
    returns what was found of each of them by NHS number.

    Somebody may be several Patients, where nothing links their records.
    """
    patients = _by_identifier(found["Patient"])
    about = {kind: _by_patient(found[kind]) for kind in ("Observation", "Flag", "Task")}
    return {
        truth.nhs_number: together(
            _conclusion(patient, about) for patient in sorted(_patients(truth, patients))
        )
        for truth in truths
    }


def _by_identifier(patients: Iterable[Resource]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for patient in patients:
        for identifier in patient.get("identifier", []):
            found[identifier.get("value", "")].add(f"Patient/{patient['id']}")
    return found


def _by_patient(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for resource in resources:
        if resource["status"] not in ENDED:
            subject: Resource = resource.get("for") or resource["subject"]
            found[subject["reference"]].append(resource)
    return found


def _patients(truth: Truth, patients: Mapping[str, set[str]]) -> set[str]:
    known = (truth.nhs_number, *truth.local)
    return {patient for identifier in known for patient in patients.get(identifier, ())}


def _conclusion(patient: str, about: Mapping[str, Mapping[str, Sequence[Resource]]]) -> Conclusion:
    deaths = [death for death in about["Observation"].get(patient, ()) if _is_case(death)]
    reviews = about["Task"].get(patient, ())
    relations = [relation for death in deaths for relation in _relations(death)]
    return Conclusion(
        place=_place(relations),
        days=frozenset((ods, days) for ods, _, days in relations if days is not None),
        flags=frozenset(_code(flag["code"]) for flag in about["Flag"].get(patient, ())),
        is_for_leder=any(_code(task["code"]) == LEDER_REVIEW for task in reviews),
        leads=frozenset(
            task["owner"]["identifier"]["value"]
            for task in reviews
            if _code(task["code"]) == CASE_RECORD_REVIEW and "owner" in task
        ),
    )


def _is_case(death: Resource) -> bool:
    return any(i.get("system") == canonical.CASE_ID for i in death.get("identifier", []))


def _relations(death: Resource) -> Iterator[tuple[str, str, int | None]]:
    """For each stay the provider, how it relates to the death, and the days, where known."""
    for component in death.get("component", []):
        provider = _PROVIDER.match(component["code"].get("text", ""))
        if _code(component["code"]) != "scope" or provider is None:
            continue
        value = component["valueCodeableConcept"]
        relation, said = _code(value), _DAYS.match(value.get("text", ""))
        days = int(said["days"] or 0) if said and relation == WITHIN_30_DAYS else None
        yield provider["ods"], relation, days


def _place(relations: Iterable[tuple[str, str, int | None]]) -> Place:
    codes = {relation for _, relation, _ in relations}
    for code, place in _PLACES.items():
        if code in codes:
            return place
    return Place.POSSIBLY if POSSIBLY in codes else Place.OUT_OF_SCOPE


def _code(concept: Resource) -> str:
    return str(concept["coding"][0]["code"])
