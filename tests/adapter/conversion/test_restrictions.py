"""What may not be told stays labelled inside the trust, and is left out of what leaves it."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.conversion import minimise
from tests.adapter.conversion.messages import adt, convert, issues, only, pid, pv1, resources
from tests.adapter.conversion.test_bundle import check

ADDRESS = {11: "1 High St^^Leeds^^LS1 4AB^GBR^H"}


def converted(*segments: str) -> dict[str, Any]:
    bundle = convert(adt("A01", pid(ADDRESS), *segments))
    check(bundle)
    check(minimise(bundle))
    return bundle


def labels(resource: dict[str, Any]) -> list[str]:
    return [label["code"] for label in resource["meta"].get("security", [])]


SHIELDED = ["ARV|1|A|LOC|PAT", "ARV|1|X|LOC", "ARV|1|A|ALL", "ZU8|S|1|No", "ZU8|Z|1"]


@pytest.mark.parametrize("segment", SHIELDED)
def test_where_a_shielded_person_is_does_not_leave(segment: str) -> None:
    bundle = converted(pv1(), segment)
    assert "location" in only(bundle, "Encounter")
    for kind in ("Patient", "Encounter"):
        assert {"R", "LOC"} <= set(labels(only(bundle, kind)))
    least = minimise(bundle)
    assert resources(least, "Location") == []
    assert "location" not in only(least, "Encounter")
    assert "address" not in only(least, "Patient")


@pytest.mark.parametrize("segment", ["ZU8|U|1|No", 'ZU8|""', "ZU8|", "ARV|1|D|LOC", "ARV|1|A|NO"])
def test_where_others_are_leaves(segment: str) -> None:
    bundle = converted(pv1(), segment)
    assert labels(only(bundle, "Patient")) == []
    assert {p["name"] for p in resources(minimise(bundle), "Location")} == {"W1", "RT101"}


def test_a_restriction_after_pv1_is_of_the_stay() -> None:
    bundle = converted("ARV|1|A|DEM", pv1(), "PV2" + "|" * 22 + "Y", "ARV|1|A|PSY")
    assert labels(only(bundle, "Patient")) == ["R", "DEM"]
    assert labels(only(bundle, "Encounter")) == ["R", "PSY"]


def test_a_restriction_that_nobody_knows_is_named_by_its_own_segment() -> None:
    bundle = converted("ARV|1|A|DEM", "ARV|2|A|ODD", pv1())
    assert issues(bundle) == ["code-unknown ARV[2]-3"]


def test_only_where_a_person_is_now_leaves() -> None:
    stay = pv1({6: "OLD^^^RT101", 11: "XRAY^^^RT101", 42: "NEXT^^^RT101", 43: "PAST^^^RT101"})
    bundle = converted(stay)
    states = [place["status"] for place in only(bundle, "Encounter")["location"]]
    assert states == ["active", "active", "completed", "active", "reserved", "completed"]
    assert {p["name"] for p in resources(minimise(bundle), "Location")} == {"W1", "RT101"}


def test_where_a_stay_is_planned_to_be() -> None:
    bundle = convert(adt("A05", pid(), pv1()))
    assert {p["status"] for p in only(bundle, "Encounter")["location"]} == {"planned"}


def test_secondary_identifiers_do_not_leave() -> None:
    bundle = convert(adt("A01", pid({4: "X4", 20: "LICENCE"}), pv1({50: "ALT"})))
    text = str(minimise(bundle))
    assert "'X4'" in str(bundle)
    assert all(value not in text for value in ("'X4'", "LICENCE", "ALT"))


def test_beds_are_part_of_wards_and_wards_of_sites() -> None:
    places = {p["name"]: p for p in resources(converted(pv1()), "Location")}
    parents = {p["id"]: name for name, p in places.items()}
    within = {
        name: parents.get(p.get("partOf", {}).get("reference", "")[9:], "")
        for name, p in places.items()
    }
    assert within == {"RT101": "", "W1": "RT101", "B2 C3": "W1"}
