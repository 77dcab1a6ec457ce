"""Merges and links: which record is no longer used, and which one is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapter.conversion.messages import OTHER_NHS_NUMBER, adt, convert, only, pid, resources


def patients(bundle: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Patients by their local identifier."""
    return {p["identifier"][-1]["value"]: p for p in resources(bundle, "Patient")}


@pytest.mark.parametrize("event", ["A40", "A34", "A18", "A30", "A36", "A39", "A47"])
def test_both_records_are_linked_both_ways(event: str) -> None:
    found = patients(convert(adt(event, pid(), "MRG|M2^^^RT1^MR")))
    survivor, prior = found["M1"], found["M2"]
    assert prior["active"] is False
    assert prior["link"] == [
        {"other": {"reference": f"urn:uuid:{survivor['id']}"}, "type": "replaced-by"}
    ]
    assert survivor["link"] == [
        {"other": {"reference": f"urn:uuid:{prior['id']}"}, "type": "replaces"}
    ]


def test_the_prior_record_has_the_id_it_had_when_it_was_used() -> None:
    before = only(convert(adt("A31", pid({3: "M2^^^RT1^MR"}))), "Patient")
    assert patients(convert(adt("A40", pid(), "MRG|M2^^^RT1")))["M2"]["id"] == before["id"]


def test_a_number_that_both_share_says_nothing_of_the_prior_record() -> None:
    bundle = convert(adt("A40", pid(), "MRG|M1^^^RT1^MR~M2^^^RT1^MR"))
    assert set(patients(bundle)) == {"M1", "M2"}


def test_the_prior_nhs_number_in_mrg_4() -> None:
    prior = patients(convert(adt("A40", pid(), f"MRG|M2^^^RT1^MR|||{OTHER_NHS_NUMBER}")))["M2"]
    assert prior["identifier"][0]["value"] == OTHER_NHS_NUMBER


def test_several_merges_in_one_message() -> None:
    bundle = convert(adt("A40", pid(), "MRG|M2^^^RT1", pid({3: "M3^^^RT1"}), "MRG|M4^^^RT1"))
    found = patients(bundle)
    assert found["M4"]["link"][0]["other"]["reference"] == f"urn:uuid:{found['M3']['id']}"
    assert found["M2"]["link"][0]["other"]["reference"] == f"urn:uuid:{found['M1']['id']}"


def test_linked_records_stay_in_use() -> None:
    found = patients(convert(adt("A24", pid(), pid({3: "M2^^^RT1"}))))
    assert [p["link"][0]["type"] for p in found.values()] == ["seealso", "seealso"]


def test_unlinked_records_are_two_people_again() -> None:
    found = patients(convert(adt("A37", pid(), pid({3: "M2^^^RT1"}))))
    assert [p.get("link") for p in found.values()] == [None, None]
