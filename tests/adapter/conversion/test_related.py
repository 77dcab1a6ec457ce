"""People around a person: next of kin, who pays, and professionals with a part in the care."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapter.conversion.messages import adt, convert, only, pid, pv1, resources
from tests.adapter.conversion.test_bundle import check

KIN = (
    "NK1|1|Tester^Ann|SPO^Spouse|1 High St^^Leeds^^LS1 4AB|^PRN^PH^^44^113^4960000|0113|C"
    "|2020|2025|||X1^^^RT1|||F|19510101||||en"
)


def converted(*segments: str) -> dict[str, Any]:
    bundle = convert(adt("A01", *segments))
    check(bundle)
    return bundle


def by_id(bundle: dict[str, Any], reference: dict[str, str]) -> dict[str, Any]:
    (found,) = [
        entry["resource"] for entry in bundle["entry"] if entry["fullUrl"] == reference["reference"]
    ]
    return found


def test_next_of_kin() -> None:
    kin = only(converted(pid(), KIN, pv1()), "RelatedPerson")
    assert [r["coding"][0]["code"] for r in kin["relationship"]] == ["SPS", "C"]
    assert kin["relationship"][0]["text"] == "Spouse"
    assert kin["name"][0]["given"] == ["Ann"]
    assert [t["value"] for t in kin["telecom"]] == ["+44 113 4960000", "0113"]
    assert (kin["gender"], kin["birthDate"]) == ("female", "1951-01-01")
    assert kin["period"] == {"start": "2020", "end": "2025"}
    assert kin["identifier"][0]["value"] == "X1"
    assert kin["address"][0]["postalCode"] == "LS1 4AB"


@pytest.mark.parametrize("nk1", ["NK1|1", 'NK1|1|""|""', "NK1|1||||||||2020"])
def test_a_next_of_kin_of_whom_nothing_is_said_is_left_out(nk1: str) -> None:
    assert resources(converted(pid(), nk1, pv1()), "RelatedPerson") == []


def test_an_unknown_relationship_keeps_the_senders_code() -> None:
    kin = only(converted(pid(), "NK1|1|Tester^Ann|16^Mother"), "RelatedPerson")
    coding = kin["relationship"][0]["coding"][0]
    assert coding["system"].endswith("/RT1/local")
    assert (coding["code"], kin["relationship"][0]["text"]) == ("16", "Mother")


def test_the_same_person_twice_is_one_and_two_people_are_two() -> None:
    bundle = converted(pid(), KIN, KIN, "NK1|3|Tester^Bea|SIS")
    assert len(resources(bundle, "RelatedPerson")) == 2


def test_the_mother_of_a_baby() -> None:
    mother = only(converted(pid({21: "M9^^^RT1^MR"})), "RelatedPerson")
    assert mother["relationship"][0]["coding"][0]["code"] == "MTH"
    assert mother["identifier"][0]["value"] == "M9"


def test_who_pays() -> None:
    bundle = converted(
        pid({18: "A1^^^RT1"}),
        pv1(),
        "GT1|1||Payer^Pat||1 High St|0113|||||MTH",
        "IN1|1|P1|C1|Insurer^^Y1||||||||20200101|20301231|||Owner^Olga|SPO",
    )
    account = only(bundle, "Account")
    assert account["identifier"][0]["value"] == "A1"
    payer = by_id(bundle, account["guarantor"][0]["party"])
    assert payer["name"][0]["family"] == "Payer"
    coverage = only(bundle, "Coverage")
    assert coverage["period"] == {"start": "2020-01-01", "end": "2030-12-31"}
    assert by_id(bundle, coverage["subscriber"])["name"][0]["family"] == "Owner"
    assert by_id(bundle, coverage["payor"][0])["name"] == "Insurer"
    assert coverage["class"][0]["value"] == "P1"


def test_who_pays_for_themselves() -> None:
    bundle = converted(pid(), pv1(), "GT1|1||T^T||||||||SEL", "IN1|1|P1|C1|I||||||||||||T^T|SEL")
    patient = f"urn:uuid:{only(bundle, 'Patient')['id']}"
    assert only(bundle, "Account")["guarantor"][0]["party"]["reference"] == patient
    assert only(bundle, "Coverage")["subscriber"]["reference"] == patient
    assert resources(bundle, "RelatedPerson") == []


def test_a_coverage_that_names_no_payer_is_left_out() -> None:
    assert resources(converted(pid(), pv1(), "IN1|1|P1"), "Coverage") == []


def test_a_merge_keeps_the_prior_account() -> None:
    bundle = convert(adt("A40", pid(), "MRG|M2^^^RT1^MR||A2^^^RT1"))
    check(bundle)
    account = only(bundle, "Account")
    assert (account["status"], account["identifier"][0]["value"]) == ("unknown", "A2")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "ROL|1|AD|PP^GP|G1^Good^Greta^^^Dr^^^GMP|20200101|||||||||Surgery^^Y00001",
            "ROL|2|AD|AT|C1^Kind^Kim^^^Dr^^^GMC|20260301|20260302",
        ),
        (
            "PRT|1|AD||PP^GP|G1^Good^Greta^^^Dr^^^GMP|||Surgery^^Y00001|||20200101",
            "PRT|2|AD||AT|C1^Kind^Kim^^^Dr^^^GMC||||||20260301|20260302",
        ),
    ],
)
def test_professionals(before: str, after: str) -> None:
    bundle = converted(pid(), before, pv1(), after)
    team = only(bundle, "CareTeam")
    first, second = (by_id(bundle, p["member"]) for p in team["participant"])
    assert by_id(bundle, first["practitioner"])["name"][0]["family"] == "Good"
    assert by_id(bundle, first["organization"])["identifier"][0]["value"] == "Y00001"
    gp = only(bundle, "Patient")["generalPractitioner"]
    assert [by_id(bundle, one) for one in gp] == [first]
    taking_part = only(bundle, "Encounter")["participant"][-1]
    assert by_id(bundle, taking_part["individual"]) == second
    assert taking_part["type"][0]["coding"][0]["code"] == "AT"
    assert taking_part["period"] == {"start": "2026-03-01", "end": "2026-03-02"}


@pytest.mark.parametrize("rol", ["ROL|1|DE|AT|C1^Kind", "ROL|1|UN|AT|C1^Kind", "ROL|1|AD|AT"])
def test_a_role_that_ended_or_that_nobody_has_is_left_out(rol: str) -> None:
    bundle = converted(pid(), pv1(), rol)
    assert resources(bundle, "CareTeam") == resources(bundle, "PractitionerRole") == []
