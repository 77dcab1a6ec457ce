"""Stays: number, state, period, place and specialty."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.events import Subject, load_events
from mappings.maps import FOLDER
from tests.adapter.conversion.messages import (
    Fields,
    adt,
    convert,
    extension,
    issues,
    only,
    pid,
    pv1,
    resources,
)


def encounter(event: str, fields: Fields | None = None) -> dict[str, Any]:
    return only(convert(adt(event, pid(), pv1(fields))), "Encounter")


@pytest.mark.parametrize(
    ("event", "fields", "status"),
    [
        ("A01", {}, "in-progress"),
        ("A01", {45: "20260314"}, "finished"),
        ("A02", {}, "in-progress"),
        ("A03", {}, "finished"),
        ("A03", {45: '""'}, "finished"),
        ("A04", {2: "O"}, "arrived"),
        ("A05", {2: "P"}, "planned"),
        ("A08", {}, "in-progress"),
        ("A08", {45: "20260314"}, "finished"),
        ("A08", {2: "P"}, "planned"),
        ("A11", {}, "cancelled"),
        ("A12", {}, "in-progress"),
        ("A13", {}, "in-progress"),
        ("A13", {45: "20260314"}, "in-progress"),
        ("A21", {}, "in-progress"),
        ("A31", {}, "unknown"),
        ("A31", {45: "20260314"}, "finished"),
    ],
)
def test_status_follows_the_table(event: str, fields: Fields, status: str) -> None:
    assert encounter(event, fields)["status"] == status


def test_every_event_about_a_stay_is_converted() -> None:
    for code, event in load_events(FOLDER / "events.yaml").items():
        if event.subject is Subject.STAY:
            assert encounter(code)["identifier"][0]["value"] == "V1"


def test_the_id_is_of_sender_and_number_whatever_the_authority() -> None:
    plain, named = encounter("A01"), encounter("A03", {19: "V1^^^RT1^VN"})
    assert plain["id"] == named["id"]
    assert plain["identifier"][0]["system"].endswith("/Id/RT1/visit")
    assert named["identifier"][0]["system"].endswith("/Id/RT1/visit-RT1")
    elsewhere = convert(adt("A01", pid(), pv1(), msh={4: "RT2"}))
    assert only(elsewhere, "Encounter")["id"] != plain["id"]


def test_a_stay_without_a_number_is_known_by_person_and_admission() -> None:
    first, later = encounter("A01", {19: ""}), encounter("A03", {19: ""})
    assert first["id"] == later["id"]
    assert "identifier" not in first


def test_an_event_about_a_person_makes_no_stay_of_a_pv1_without_number() -> None:
    assert resources(convert(adt("A31", pid(), pv1({2: "N", 19: ""}))), "Encounter") == []


def test_period_keeps_precision_and_deletions() -> None:
    period = encounter("A03", {44: "20260310", 45: "20260701003000"})["period"]
    assert period == {"start": "2026-03-10", "end": "2026-07-01T00:30:00+01:00"}
    deleted = encounter("A08", {45: '""'})["period"]["_end"]["extension"][0]
    assert deleted["valueCode"] == "not-applicable"


def test_a_cancelled_discharge_has_no_end() -> None:
    period = encounter("A13", {45: "20260314"})["period"]
    assert "end" not in period
    assert "_end" in period


@pytest.mark.parametrize(
    ("written", "code"),
    [("I", "IMP"), ("INPATIENT", "IMP"), ("E", "EMER"), ("O", "AMB"), ("P", "PRENC"), ("", "UNK")],
)
def test_class(written: str, code: str) -> None:
    assert encounter("A08", {2: written})["class"]["code"] == code


def test_discharge_stands_where_uk_core_has_it() -> None:
    stay = encounter("A03", {4: "21", 14: "19", 36: "1", 37: "54"})
    method = extension(stay, "DischargeMethod")
    assert method is not None
    assert method["valueCodeableConcept"]["coding"][0]["code"] == "1"
    hospitalization = stay["hospitalization"]
    assert hospitalization["dischargeDisposition"]["coding"][0]["code"] == "54"
    assert hospitalization["admitSource"]["coding"][0]["code"] == "19"
    admission = extension(hospitalization, "AdmissionMethod")
    assert admission is not None
    assert admission["valueCodeableConcept"]["coding"][0]["code"] == "21"


def test_codes_that_no_table_knows_are_kept_in_a_system_of_the_sender() -> None:
    bundle = convert(adt("A03", pid(), pv1({36: "GDD", 37: "New Home"})))
    stay = only(bundle, "Encounter")
    method = extension(stay, "DischargeMethod")
    assert method is not None
    coding = method["valueCodeableConcept"]["coding"][0]
    assert coding["code"] == "GDD"
    assert coding["system"].endswith("/CodeSystem/RT1/nhs-discharge-method")
    assert stay["hospitalization"]["dischargeDisposition"] == {"text": "New Home"}
    assert issues(bundle) == ["code-unknown PV1[1]-36", "code-unknown PV1[1]-37"]


def test_codes_that_uk_core_does_not_have_are_kept_and_named() -> None:
    bundle = convert(adt("A03", pid(), pv1({36: "2", 37: "55"})))
    assert issues(bundle) == ["code-unknown PV1[1]-36", "code-unknown PV1[1]-37"]
    destination = only(bundle, "Encounter")["hospitalization"]["dischargeDisposition"]
    assert destination["coding"][0]["system"].endswith("UKCore-DischargeDestinationEngland")


def test_the_ward_is_part_of_the_site_and_the_bed_of_the_ward() -> None:
    bundle = convert(adt("A01", pid(), pv1()))
    by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    stay = only(bundle, "Encounter")
    ward, bed = (by_url[place["location"]["reference"]] for place in stay["location"])
    assert (ward["name"], bed["name"]) == ("W1", "B2 C3")
    assert by_url[bed["partOf"]["reference"]] == ward
    site = by_url[ward["partOf"]["reference"]]
    assert site["identifier"][0]["value"] == "RT101"


def test_specialty_has_code_and_text() -> None:
    assert encounter("A01", {10: "700"})["serviceType"]["text"] == "Learning Disability"


def test_a_new_visit_number_cancels_the_old_one() -> None:
    bundle = convert(adt("A50", pid(), "MRG|M1^^^RT1||||V0", pv1()))
    states = {e["identifier"][0]["value"]: e["status"] for e in resources(bundle, "Encounter")}
    assert states == {"V1": "unknown", "V0": "cancelled"}


def test_swapped_beds_are_two_stays_of_two_people() -> None:
    bundle = convert(adt("A17", pid(), pv1(), pid({3: "M2^^^RT1^MR"}), pv1({19: "V2"})))
    subjects = {e["subject"]["reference"] for e in resources(bundle, "Encounter")}
    assert len(subjects) == len(resources(bundle, "Patient")) == 2
