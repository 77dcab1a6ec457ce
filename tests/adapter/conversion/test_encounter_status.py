"""docs/encounter-status.md is what the adapter does, and names each departure from the guide."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from mappings import Subject
from mappings.events import load_events
from mappings.maps import FOLDER
from tests.adapter.conversion.messages import adt, convert, only, pid, pv1

PAGE = Path(__file__).parents[3] / "docs" / "encounter-status.md"
CLASSES = ["", "E", "I", "O", "R", "B", "C", "N", "P", "U"]
LEFT = "20260314"


def rows(heading: str) -> list[list[str]]:
    """The rows of the table whose heading begins so, each as its cells."""
    table = PAGE.read_text(encoding="utf-8").split(f"| {heading} |")[1].split("\n\n")[0].strip()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n")[2:]]


STATUSES = {row[0]: (row[2], row[3], row[4], row[5]) for row in rows("event")}
DEPARTURES = {row[0] for row in rows("name")}


def status(event: str, left: str, patient_class: str) -> str:
    bundle = convert(adt(event, pid(), pv1({2: patient_class, 45: left})))
    return only(bundle, "Encounter")["status"]


def guide(left: str, patient_class: str) -> str:
    """PV1[Encounter] of the HL7 v2-to-FHIR guide, by its letter."""
    if left:
        return "finished"
    return {"P": "planned", "U": "unknown"}.get(patient_class, "in-progress")


def test_every_event_about_a_stay_is_listed() -> None:
    events = load_events(FOLDER / "events.yaml").values()
    assert set(STATUSES) == {event.code for event in events if event.subject is Subject.STAY}


def test_every_trigger_event_of_adt_is_known() -> None:
    undefined = {56, 57, 58, 59}  # HL7 never defined these
    expected = {f"A{n:02}" for n in range(1, 63) if n not in undefined}
    assert set(load_events(FOLDER / "events.yaml")) == expected


@pytest.mark.parametrize("event", STATUSES)
def test_every_cell(event: str) -> None:
    without, discharged, preadmit, _ = STATUSES[event]
    for patient_class in CLASSES:
        expected = preadmit if patient_class == "P" else without
        assert status(event, "", patient_class) == expected, patient_class
        assert status(event, '""', patient_class) == expected, patient_class
        assert status(event, LEFT, patient_class) == discharged, patient_class


@pytest.mark.parametrize("event", STATUSES)
def test_each_departure_from_the_guide_is_named(event: str) -> None:
    departs = any(
        status(event, left, patient_class) != guide(left, patient_class)
        for left, patient_class in product(["", LEFT], CLASSES[1:])
    )
    assert departs == (STATUSES[event][3] in DEPARTURES)


def test_every_departure_is_used_and_none_is_unexplained() -> None:
    assert {row[3] for row in STATUSES.values()} == DEPARTURES


def test_events_about_a_person_say_only_that_a_stay_is_over() -> None:
    for event in ("A28", "A31"):
        assert status(event, "", "I") == "unknown"
        assert status(event, LEFT, "I") == "finished"
