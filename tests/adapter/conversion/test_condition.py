"""Diagnoses and the flags they are evidence of."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.conversion.diagnosis_code import normalise_icd10
from tests.adapter.conversion.messages import (
    Fields,
    adt,
    convert,
    issues,
    only,
    pid,
    pv1,
    resources,
    segment,
)

ICD10 = "http://hl7.org/fhir/sid/icd-10"


def diagnosed(*diagnoses: Fields) -> dict[str, Any]:
    return convert(adt("A01", pid(), pv1(), *(segment("DG1", d) for d in diagnoses)))


def flags(*diagnoses: Fields) -> list[tuple[str, str]]:
    found = resources(diagnosed(*diagnoses), "Flag")
    return [(flag["code"]["coding"][0]["code"], flag["status"]) for flag in found]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("F720", "F72.0"),
        ("F72.0", "F72.0"),
        ("f72", "F72"),
        ("F79X", "F79"),
        ("I10X", "I10"),
        ("S7200", "S72.00"),
        ("F72.-", "F72"),
        ("J18.9", "J18.9"),
        ("12345", "12345"),
    ],
)
def test_icd10_is_written_as_who_writes_it(written: str, code: str) -> None:
    assert normalise_icd10(written) == code


@pytest.mark.parametrize("system", ["ICD10", "ICD-10", "I10", "10", "icd10"])
def test_the_names_of_icd10(system: str) -> None:
    bundle = diagnosed({3: f"F720^Words^{system}"})
    coding = only(bundle, "Condition")["code"]["coding"][0]
    assert (coding["system"], coding["code"]) == (ICD10, "F72.0")
    assert issues(bundle) == []


def test_dg1_2_names_the_system_of_old_messages() -> None:
    coding = only(diagnosed({2: "ICD10", 3: "J18.9"}), "Condition")["code"]["coding"][0]
    assert coding["system"] == ICD10


def test_icd10_that_nobody_names_is_assumed_and_said_so() -> None:
    bundle = diagnosed({3: "F720"})
    assert only(bundle, "Condition")["code"]["coding"][0]["system"] == ICD10
    assert issues(bundle) == ["coding-system-assumed DG1[1]-3"]


def test_other_systems_stay_what_they_are() -> None:
    local = only(diagnosed({3: "X1^Words^HOUSE"}), "Condition")["code"]["coding"][0]
    assert local["system"].endswith("/CodeSystem/RT1/diagnosis-HOUSE")
    american = only(diagnosed({3: "F72^Words^I10C"}), "Condition")["code"]["coding"][0]
    assert american["system"] == "http://hl7.org/fhir/sid/icd-10-cm"


def test_a_diagnosis_without_a_code_is_no_condition() -> None:
    assert resources(diagnosed({4: "Chest pain"}), "Condition") == []


@pytest.mark.parametrize(
    ("code", "flag"),
    [
        ("F70", "learning-disability"),
        ("F729", "learning-disability"),
        ("F79X", "learning-disability"),
        ("F81.9", "possible-learning-disability"),
        ("Q90.9", "possible-learning-disability"),
        ("F20.0", "severe-mental-illness"),
        ("F31", "severe-mental-illness"),
        ("F32.3", "severe-mental-illness"),
        ("F32.2", "possible-severe-mental-illness"),
        ("F84.0", "autism"),
    ],
)
def test_flags_of_icd10(code: str, flag: str) -> None:
    assert flags({3: f"{code}^^ICD10"}) == [(flag, "active")]


@pytest.mark.parametrize("code", ["F81.0", "F06.2", "F32.1", "F84.2", "F90", "J18.9", "F7"])
def test_what_is_no_flag(code: str) -> None:
    assert flags({3: f"{code}^^ICD10"}) == []


def test_flags_of_snomed() -> None:
    assert flags({3: "110359009^^SCT"}) == [("learning-disability", "active")]
    assert flags({3: "391193001^^SNOMED CT"}) == [("severe-mental-illness", "active")]


def test_a_flag_has_its_evidence_its_list_and_its_author() -> None:
    bundle = diagnosed({3: "F720^^ICD10", 5: "20240105"})
    flag, condition = only(bundle, "Flag"), only(bundle, "Condition")
    evidence = flag["extension"][0]["valueReference"]["reference"]
    assert evidence == f"urn:uuid:{condition['id']}"
    on_list = condition["code"]["coding"][0]["extension"][0]["valueUri"]
    assert "/ValueSet/learning-disability|" in on_list
    assert flag["period"]["start"] == condition["recordedDate"] == "2024-01-05"
    assert flag["author"] == only(bundle, "MessageHeader")["sender"]


def test_without_a_date_a_flag_begins_with_the_event() -> None:
    assert only(diagnosed({3: "F720^^ICD10"}), "Flag")["period"]["start"].startswith("2026-03-14T")


def test_a_deleted_diagnosis_withdraws_condition_and_flag() -> None:
    added, deleted = diagnosed({3: "F72^^I10"}), diagnosed({3: "F72^^I10", 21: "D"})
    withdrawn = only(deleted, "Condition")
    assert withdrawn["verificationStatus"]["coding"][0]["code"] == "entered-in-error"
    assert "clinicalStatus" not in withdrawn
    assert only(deleted, "Flag")["status"] == "entered-in-error"
    assert withdrawn["id"] == only(added, "Condition")["id"]
    assert only(deleted, "Flag")["id"] == only(added, "Flag")["id"]


def test_a_diagnosis_deleted_once_and_made_twice_still_stands() -> None:
    assert flags({3: "F72^^I10", 21: "D"}, {3: "F72^^I10"}) == [("learning-disability", "active")]
