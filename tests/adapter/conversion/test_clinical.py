"""Allergies, observations and procedures."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapter.conversion.messages import adt, convert, only, pid, pv1, resources
from tests.adapter.conversion.test_bundle import check


def converted(*segments: str) -> dict[str, Any]:
    bundle = convert(adt("A01", pid(), pv1(), *segments))
    check(bundle)
    return bundle


def code(concept: dict[str, Any]) -> str:
    return concept["coding"][0]["code"]


def test_an_allergy_with_a_reaction() -> None:
    allergy = only(converted("AL1|1|DA|P^Penicillin^L|SV|rash~hives|2010"), "AllergyIntolerance")
    assert (allergy["type"], allergy["category"]) == ("allergy", ["medication"])
    assert allergy["reaction"] == [
        {"manifestation": [{"text": "rash"}, {"text": "hives"}], "severity": "severe"}
    ]
    assert "criticality" not in allergy
    assert code(allergy["clinicalStatus"]) == "active"
    assert allergy["onsetDateTime"] == "2010"


def test_an_allergy_without_a_reaction() -> None:
    allergy = only(converted("AL1|1|FA|N^Nuts^L|MI"), "AllergyIntolerance")
    assert allergy["criticality"] == "low"
    assert "reaction" not in allergy


@pytest.mark.parametrize("al1", ["AL1|1", "AL1|1|DA", 'AL1|1|DA|""|SV'])
def test_an_allergy_to_nothing_is_left_out(al1: str) -> None:
    assert resources(converted(al1), "AllergyIntolerance") == []


@pytest.mark.parametrize(
    ("action", "standing", "clinical", "verification"),
    [
        ("A", "C", "active", "confirmed"),
        ("A", "I", "inactive", "confirmed"),
        ("A", "", "active", None),
        ("A", "E", None, "entered-in-error"),
        ("D", "C", None, "entered-in-error"),
    ],
)
def test_the_standing_of_an_allergy(
    action: str, standing: str, clinical: str | None, verification: str | None
) -> None:
    iam = f"IAM|1|FA|N^Nuts^L|||{action}|||||||||||{standing}"
    allergy = only(converted(iam), "AllergyIntolerance")
    found = (allergy.get("clinicalStatus"), allergy.get("verificationStatus"))
    assert tuple(code(one) if one else None for one in found) == (clinical, verification)


@pytest.mark.parametrize(
    ("name", "relationship", "kind"),
    [("Bee^Al", "MTH", "RelatedPerson"), ("Bee^Al", "", "Practitioner"), ("", "SEL", "Patient")],
)
def test_who_reported_an_allergy(name: str, relationship: str, kind: str) -> None:
    bundle = converted(f"IAM|1|FA|N^Nuts^L|||A|||||||{'2020'}|{name}|{relationship}")
    allergy = only(bundle, "AllergyIntolerance")
    urls = {e["fullUrl"]: e["resource"] for e in bundle["entry"]}
    assert urls[allergy["recorder"]["reference"]]["resourceType"] == kind
    assert allergy["recordedDate"] == "2020"


UNIT = {"unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}


@pytest.mark.parametrize(
    ("kind", "written", "name", "expected"),
    [
        ("NM", "72", "valueQuantity", {"value": 72} | UNIT),
        ("NM", "-1.5", "valueQuantity", {"value": -1.5} | UNIT),
        ("NM", "about 3", "valueString", "about 3"),
        ("SN", ">^5", "valueQuantity", {"value": 5, "comparator": ">"} | UNIT),
        ("SN", "<>^5", "valueString", "<> 5"),
        ("SN", "^1^-^2", "valueRange", {"low": {"value": 1} | UNIT, "high": {"value": 2} | UNIT}),
        (
            "SN",
            "^1^:^2",
            "valueRatio",
            {"numerator": {"value": 1} | UNIT, "denominator": {"value": 2} | UNIT},
        ),
        ("NR", "1^2", "valueRange", {"low": {"value": 1} | UNIT, "high": {"value": 2} | UNIT}),
        ("ST", "well", "valueString", "well"),
        ("TX", "one~two", "valueString", "one\ntwo"),
        ("DT", "20260301", "valueDateTime", "2026-03-01"),
        ("TS", "202603011030", "valueDateTime", "2026-03-01T10:30:00+00:00"),
        ("TM", "1030", "valueTime", "10:30:00"),
        ("DR", "20260301^20260302", "valuePeriod", {"start": "2026-03-01", "end": "2026-03-02"}),
        ("VR", "a^b", "valueString", "a b"),
        ("", "words", "valueString", "words"),
    ],
)
def test_values_of_observations(kind: str, written: str, name: str, expected: object) -> None:
    observation = only(converted(f"OBX|1|{kind}|X^Thing^LN||{written}|mg^^UCUM"), "Observation")
    assert observation[name] == expected
    assert sum(key.startswith("value") for key in observation) == 1


@pytest.mark.parametrize("kind", ["CE", "CWE", "CNE", "IS"])
def test_coded_values(kind: str) -> None:
    observation = only(converted(f"OBX|1|{kind}|X^Thing^LN||Y^Yes^SCT"), "Observation")
    assert code(observation["valueCodeableConcept"]) == "Y"


def test_other_values_become_components() -> None:
    observation = only(converted("OBX|1|NM|X^Thing^LN||1~2~3"), "Observation")
    assert observation["valueQuantity"]["value"] == 1
    assert [c["valueQuantity"]["value"] for c in observation["component"]] == [2, 3]


@pytest.mark.parametrize(("written", "expected"), [("", 0), ('""', 0)])
def test_an_observation_without_a_value(written: str, expected: int) -> None:
    observation = only(converted(f"OBX|1|NM|X^Thing^LN||{written}"), "Observation")
    assert sum(key.startswith("value") for key in observation) == expected


@pytest.mark.parametrize(
    ("written", "status"),
    [("F", "final"), ("C", "corrected"), ("W", "entered-in-error"), ("Confirmed", "unknown")],
)
def test_the_state_of_an_observation(written: str, status: str) -> None:
    obx = f"OBX|1|ST|X^Thing^LN||y||||||{written}|||20260301"
    assert only(converted(obx), "Observation")["status"] == status


def test_what_was_not_asked_has_no_value() -> None:
    observation = only(converted("OBX|1|ST|X^Thing^LN||y||||||N"), "Observation")
    assert code(observation["dataAbsentReason"]) == "not-asked"
    assert "valueString" not in observation


def test_a_file_is_a_document() -> None:
    bundle = converted("OBX|1|ED|X^Thing^LN||^application^pdf^Base64^SGVsbG8=")
    attachment = only(bundle, "DocumentReference")["content"][0]["attachment"]
    assert attachment == {"contentType": "application/pdf", "data": "SGVsbG8="}
    assert only(bundle, "Observation")["derivedFrom"]


@pytest.mark.parametrize("written", ["^a^b^Base64^not base64!", "^a^b^A^x", ""])
def test_a_file_that_is_none_is_no_document(written: str) -> None:
    bundle = converted(f"OBX|1|ED|X^Thing^LN||{written}")
    assert resources(bundle, "DocumentReference") == []


def test_the_same_code_with_two_values_is_two_observations() -> None:
    bundle = converted("OBX|1|NM|X^Thing^LN||1", "OBX|2|NM|X^Thing^LN||2", "OBX|3|NM|X^Thing^LN||1")
    values = [o["valueQuantity"]["value"] for o in resources(bundle, "Observation")]
    assert values == [1, 2]


def test_a_procedure() -> None:
    pr1 = "PR1|1||W37^Hip^L||202603281000||60||||S1^Sur^Geon^^^^^^GMC||||X^Pain^L"
    procedure = only(converted(pr1), "Procedure")
    assert procedure["status"] == "completed"
    assert procedure["performedPeriod"] == {
        "start": "2026-03-28T10:00:00+00:00",
        "end": "2026-03-28T11:00:00+00:00",
    }
    assert code(procedure["performer"][0]["function"]) == "304292004"
    assert procedure["reasonCode"][0]["text"] == "Pain"


@pytest.mark.parametrize(
    ("when", "minutes", "expected"),
    [("20260301", "60", "2026-03-01"), ("202603011000", "", "2026-03-01T10:00:00+00:00")],
)
def test_a_procedure_without_a_period(when: str, minutes: str, expected: str) -> None:
    procedure = only(converted(f"PR1|1||W37^Hip^L||{when}||{minutes}"), "Procedure")
    assert procedure["performedDateTime"] == expected


def test_a_withdrawn_procedure() -> None:
    pr1 = "PR1|1||W37^Hip^L|||||||||||||||||D"
    assert only(converted(pr1), "Procedure")["status"] == "entered-in-error"


def test_what_a_diagnosis_is_to_the_stay() -> None:
    bundle = converted("DG1|1||J18.9^^ICD10|||A|||||||||1", "DG1|2||J18.9^^ICD10|||F")
    (diagnosis,) = only(bundle, "Encounter")["diagnosis"]
    assert (code(diagnosis["use"]), diagnosis["rank"]) == ("AD", 1)
