"""Who a person is: NHS numbers, local identifiers, and ids that stay the same."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhs import addresses, nhs_number
from tests.adapter.conversion.messages import (
    NHS_NUMBER,
    OTHER_NHS_NUMBER,
    adt,
    convert,
    issues,
    only,
    pid,
)

BASE = "https://fhir.learning-from-deaths.example/Id/"


def patient(pid_3: str, pid_2: str = "", site: Path | None = None) -> dict[str, Any]:
    return only(convert(adt("A31", pid({2: pid_2, 3: pid_3})), site), "Patient")


def nhs_numbers(pid_3: str, pid_2: str = "") -> list[str]:
    found: list[dict[str, Any]] = patient(pid_3, pid_2).get("identifier", [])
    return [i["value"] for i in found if i.get("system") == addresses.NHS_NUMBER]


@pytest.mark.parametrize(
    "cx",
    [
        "9990000018^^^NHS",
        "9990000018^^^NHS^NH",
        "999 000 0018^^^NHS^NH",
        "999-000-0018^^^NHS^HN",
        "9990000018^^^NHSNBR^NHSNMBR",
        "9990000018^^^^NH",
        "9990000018^^^&2.16.840.1.113883.2.1.4.1&ISO",
        "9990000018^^^NHS^NH{status:01}",
    ],
)
def test_nhs_numbers_as_senders_write_them(cx: str) -> None:
    assert nhs_numbers(cx) == [NHS_NUMBER]


@pytest.mark.parametrize("number", ["9990000019", "9999999999", "999000001", "ABC", "99900000180"])
def test_an_invalid_nhs_number_is_never_an_identity(number: str) -> None:
    bundle = convert(adt("A31", pid({3: f"{number}^^^NHS^NH~M1^^^RT1^MR"})))
    invalid = only(bundle, "Patient")["identifier"][-1]
    assert invalid == {"type": {"text": "NHS number, not valid"}, "value": number}
    assert issues(bundle) == ["nhs-number-invalid PID[1]-3"]


@given(st.from_regex(r"[0-9 -]{0,14}", fullmatch=True))
def test_only_numbers_that_pass_the_check_get_the_national_system(number: str) -> None:
    expected = nhs_number.normalise(number)
    found = nhs_numbers(f"{number}^^^NHS^NH~M1^^^RT1^MR")
    assert found == ([expected] if nhs_number.is_valid(expected) else [])


def test_a_hospital_number_under_the_name_nhs_is_a_hospital_number() -> None:
    assert nhs_numbers(f"{NHS_NUMBER}^^^NHS^MR") == []


def test_two_different_nhs_numbers_are_both_distrusted() -> None:
    bundle = convert(adt("A31", pid({3: f"{NHS_NUMBER}^^^NHS~{OTHER_NHS_NUMBER}^^^NHS~M1^^^RT1"})))
    systems = [i.get("system") for i in only(bundle, "Patient")["identifier"]]
    assert systems == [f"{BASE}RT1/RT1", None, None]
    assert issues(bundle) == ["nhs-number-invalid PID[1]-3"]


def test_a_bare_nhs_number_in_pid_2_counts() -> None:
    assert nhs_numbers("M1^^^RT1", NHS_NUMBER) == [NHS_NUMBER]
    assert nhs_numbers(f"{NHS_NUMBER}^^^NHS", NHS_NUMBER) == [NHS_NUMBER]


def test_the_order_of_identifiers_does_not_matter() -> None:
    parts = [f"{NHS_NUMBER}^^^NHS^NH", "M1^^^RT1^MR", "X9^^^LAB^PI", "A0^^^OLD"]
    assert len({patient("~".join(order))["id"] for order in permutations(parts)}) == 1


def test_a_local_identifier_outweighs_the_nhs_number() -> None:
    assert patient("M1^^^RT1^MR")["id"] == patient(f"{NHS_NUMBER}^^^NHS~M1^^^RT1^MR")["id"]
    assert patient("M1^^^RT1^MR")["id"] != patient(f"{NHS_NUMBER}^^^NHS")["id"]


def test_a_site_names_the_authority_that_lasts(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("patient-identity: [EPR]\n")
    alone = patient("77^^^EPR^PI", site=site)["id"]
    assert patient("M1^^^RT1^MR~77^^^EPR^PI", site=site)["id"] == alone
    assert patient("M1^^^RT1^MR~77^^^EPR^PI")["id"] != alone


def test_two_senders_with_the_same_number_mean_two_people() -> None:
    other = only(convert(adt("A31", pid({3: "M1^^^H^MR"}), msh={4: "RT2"})), "Patient")
    assert other["id"] != patient("M1^^^H^MR")["id"]


def test_with_no_identifier_at_all_a_person_is_only_this_message() -> None:
    bundle = convert(adt("A31", pid({3: '""'})))
    assert "identifier" not in only(bundle, "Patient")
    assert issues(bundle) == ["no-identifier PID[1]-3"]
    again = convert(adt("A31", pid({3: '""'}), msh={10: "C2"}))
    assert only(again, "Patient")["id"] != only(bundle, "Patient")["id"]


@pytest.mark.parametrize("written", ["NSTS01", "01"])
def test_the_status_of_the_nhs_number(written: str) -> None:
    identifier = only(convert(adt("A31", pid({32: written}))), "Patient")["identifier"][0]
    status = identifier["extension"][0]["valueCodeableConcept"]["coding"][0]
    assert status["code"] == "01"
