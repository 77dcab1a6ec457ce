"""A review as a row: what the Task and the Patient say, in the words of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from conformance import canonical
from nhs import addresses
from registry.core.fhir.elements import of_kind

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One review. Words are '' where the record says nothing. `person` and `review` are ids;
    `died` is as precise as it is known; `days_over` counts the days since it was due, None where it
    is not overdue."""

    review: str
    person: str
    case: str
    name: str
    nhs_number: str
    died: str
    kind: str
    state: str
    necessity: str
    reasons: tuple[str, ...]
    lead: str
    lead_code: str
    is_proposed: bool
    is_ours: bool
    due: date | None
    days_over: int | None


def rows(resources: Sequence[Resource], organisation: str, today: date) -> list[Row]:
    """Takes a page of Tasks with their Patients, whose worklist it is, and the date in London;
    returns a row for each Task, in order."""
    people = {one["id"]: one for one in resources if one["resourceType"] == "Patient"}
    tasks = (one for one in resources if one["resourceType"] == "Task")
    return [_row(one, people, organisation, today) for one in tasks]


def _row(task: Resource, people: dict[str, Resource], organisation: str, today: date) -> Row:
    person = task.get("for", {}).get("reference", "").removeprefix("Patient/")
    patient = people.get(person, {})
    inputs: list[Resource] = task.get("input", [])
    owner = task.get("owner", {})
    owner_code = owner.get("identifier", {}).get("value", "")
    due = _due(task)
    is_over = due is not None and due < today
    return Row(
        review=task["id"],
        person=person,
        case=task.get("groupIdentifier", {}).get("value", ""),
        name=_name(patient),
        nhs_number=_nhs_number(patient),
        died=str(patient.get("deceasedDateTime", "")),
        kind=_text(task.get("code")),
        state=_text(task.get("businessStatus")),
        necessity=", ".join(_texts(inputs, "necessity")),
        reasons=tuple(_texts(inputs, "criterion")),
        lead=owner.get("display", owner_code),
        lead_code=owner_code,
        is_proposed=bool(owner) and "start" not in task.get("executionPeriod", {}),
        is_ours=bool(owner_code) and owner_code == organisation,
        due=due,
        days_over=(today - due).days if due and is_over else None,
    )


def _due(task: Resource) -> date | None:
    end = task.get("restriction", {}).get("period", {}).get("end")
    return date.fromisoformat(end[:10]) if end else None


def _name(patient: Resource) -> str:
    for one in patient.get("name", []):
        given = " ".join(one.get("given", []))
        return " ".join(part for part in (given, one.get("family", "")) if part)
    return ""


def _nhs_number(patient: Resource) -> str:
    found = (
        one["value"]
        for one in patient.get("identifier", [])
        if one.get("system") == addresses.NHS_NUMBER and one.get("use") != "old"
    )
    return next(found, "")


def _text(concept: Resource | None) -> str:
    return (concept or {}).get("text", "")


def _texts(inputs: Iterable[Resource], kind: str) -> list[str]:
    found = of_kind(inputs, canonical.REVIEW_INPUT, kind)
    return [_text(one.get("valueCodeableConcept")) for one in found]
