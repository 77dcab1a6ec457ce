"""What leaves the trust, and that nothing else does."""

from __future__ import annotations

import copy
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.conversion import minimise
from adapter.conversion.allowed_elements import outward
from tests.adapter.conversion.messages import adt, convert, only, pid, pv1, resources

SECRET = "SECRETWORD"
RAW = adt(
    "A01",
    pid(
        {
            4: SECRET,
            6: f"{SECRET}^Mother",
            11: f"1 {SECRET} ST^{SECRET}^{SECRET}^{SECRET}^LS1 4AB^GBR^H",
            13: f"0113{SECRET}",
            17: SECRET,
            18: SECRET,
            20: SECRET,
            21: SECRET,
            26: SECRET,
            28: SECRET,
            40: SECRET,
            14: f"^NET^Internet^{SECRET}@example.org",
            22: "A",
            23: SECRET,
        }
    ),
    f"PD1|||Surgery^^Y00001|G1234567^{SECRET}^Greta^^^Dr^^^GMP",
    f"ROL|1|AD|PP^{SECRET}|G7^{SECRET}|20200101||||||||{SECRET}|{SECRET}^^{SECRET}",
    f"NK1|1|{SECRET}^Ann|SPO^{SECRET}|{SECRET}||||||||{SECRET}^^^X",
    f"AL1|1|DA|P^{SECRET}^L|SV|{SECRET}",
    f"IAM|1|FA|N^{SECRET}^L|SV||A|{SECRET}|||||{SECRET}||{SECRET}^Al|MTH",
    f"OBX|1|TX|N^{SECRET}||{SECRET}~{SECRET}|{SECRET}",
    f"OBX|2|RP|D^{SECRET}||{SECRET}^{SECRET}",
    f"PR1|1||W37^{SECRET}^L|{SECRET}|20260301||||||{SECRET}^{SECRET}",
    f"GT1|1|{SECRET}|{SECRET}^Pay||{SECRET}|{SECRET}",
    f"IN1|1|{SECRET}|{SECRET}|{SECRET}||||||||||||{SECRET}^In|SPO|||||||||||||||||||{SECRET}",
    f"ACC|20260228|X^{SECRET}|{SECRET}|||||{SECRET}",
    f"DRG|{SECRET}",
    f"PDA|I21^{SECRET}^I10|{SECRET}||20260302|C9^{SECRET}",
    f"DB1|1|PT|{SECRET}|Y|2020",
    f"SFT|{SECRET}|{SECRET}|{SECRET}|{SECRET}|{SECRET}",
    "ZU1||||||||||||||||||||1",
    "ZU8|U|2|No",
    pv1(
        {
            3: f"W1^B2^{SECRET}^RT101",
            7: f"C1234567^{SECRET}^Kim^^^Dr^^^GMC",
            5: SECRET,
            6: SECRET,
            11: SECRET,
            42: SECRET,
            50: SECRET,
            36: f"went home with {SECRET}",
            37: f"{SECRET} House",
        }
    ),
    f"PV2|||X^{SECRET} fell",
    f"DG1|1||F720^{SECRET}^ICD10|{SECRET}|20260301",
    f"DG1|2||J18.9^{SECRET}^ICD10|{SECRET}",
    f"ZZZ|{SECRET}",
)
FULL = convert(RAW)


def test_what_must_stay_stays() -> None:
    assert SECRET in str(FULL)
    assert SECRET not in str(minimise(FULL))


LEAVING = {
    "MessageHeader",
    "Organization",
    "Patient",
    "Encounter",
    "Condition",
    "Flag",
    "Location",
    "Provenance",
    "OperationOutcome",
}
STAYING = {
    "Account",
    "AllergyIntolerance",
    "CareTeam",
    "Consent",
    "Coverage",
    "Device",
    "DocumentReference",
    "Observation",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "RelatedPerson",
}


def test_resources_about_more_than_the_death_stay() -> None:
    kinds = {entry["resource"]["resourceType"] for entry in FULL["entry"]}
    assert kinds >= STAYING
    assert kinds <= STAYING | LEAVING
    least = {entry["resource"]["resourceType"] for entry in minimise(FULL)["entry"]}
    assert least == LEAVING


def test_what_is_needed_leaves() -> None:
    least = minimise(FULL)
    patient = only(least, "Patient")
    assert patient["name"][0]["family"] == "TESTER"
    assert patient["address"] == [{"postalCode": "LS1"}]
    assert len(patient["generalPractitioner"]) == 1
    assert resources(least, "Practitioner") == []
    stay = only(least, "Encounter")
    assert stay["period"] == only(FULL, "Encounter")["period"]
    assert {place["name"] for place in resources(least, "Location")} == {"W1", "RT101"}
    assert only(least, "Condition")["code"]["coding"][0]["code"] == "F72.0"
    assert only(least, "Flag") == only(FULL, "Flag")
    source = only(FULL, "Provenance")
    assert only(least, "Provenance") == source | {"agent": source["agent"][:1]}
    assert least["meta"]["profile"][0].endswith("/minimised-message-bundle")


def test_minimising_again_changes_nothing_and_the_original_is_untouched() -> None:
    before = copy.deepcopy(FULL)
    least = minimise(FULL)
    assert minimise(least) == least
    assert before == FULL


@pytest.mark.parametrize(
    ("postcode", "expected"),
    [
        ("LS1 4AB", "LS1"),
        ("ls14ab", "LS1"),
        ("EC1A 1BB", "EC1A"),
        ("M1", "M1"),
        ("1 High Street", None),
        ("", None),
        (None, None),
    ],
)
def test_only_the_outward_part_of_a_postcode(postcode: str | None, expected: str | None) -> None:
    assert outward(postcode) == expected


def leaves(value: Any, path: tuple[str, ...] = ()) -> set[tuple[tuple[str, ...], str]]:
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return {leaf for item in items for leaf in leaves(item, path)}
    if isinstance(value, dict):
        parts = cast("dict[str, Any]", value)
        return {leaf for key, part in parts.items() for leaf in leaves(part, (*path, key))}
    return {(path, repr(value))}


def places(value: Any) -> list[dict[str, Any]]:
    """Every object inside a value, itself included."""
    if isinstance(value, list):
        return [found for item in cast("list[Any]", value) for found in places(item)]
    if not isinstance(value, dict):
        return []
    parts = cast("dict[str, Any]", value)
    return [parts, *(found for part in parts.values() for found in places(part))]


NAMES = st.sampled_from(
    ["text", "note", "contact", "photo", "div", "comment", "valueString", "assigner", "telecom"]
)
SMUGGLED = st.recursive(
    st.just(SECRET),
    lambda inner: st.one_of(st.lists(inner, min_size=1, max_size=2), st.dictionaries(NAMES, inner)),
    max_leaves=4,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10_000), NAMES, SMUGGLED), max_size=6))
def test_no_element_that_is_not_allowed_leaves(smuggled: list[tuple[int, str, Any]]) -> None:
    bundle = copy.deepcopy(FULL)
    for index, name, value in smuggled:
        where = places([e["resource"] for e in bundle["entry"]])
        where[index % len(where)][name] = value
    before = leaves(minimise(FULL))
    after = leaves(minimise(bundle))
    assert {leaf for leaf in after - before if SECRET in leaf[1]} == set()
