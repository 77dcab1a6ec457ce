"""Every trigger event of ADT that HL7 defines (table 0003) has its answer, and no other has one."""

from __future__ import annotations

import pytest

from adapter.conversion import Converter
from mappings import Mappings, Subject
from tests.adapter.conversion.messages import adt, converter, pid, pv1
from tests.adapter.conversion.test_bundle import check

EVENTS = Mappings.load().events
DEFINED = [f"A{number:02}" for number in (*range(1, 56), 60, 61, 62)]
"""A56 to A59 were never given out."""

MEANINGS = {
    Subject.NOTHING: {"A19", "A20", "A29", "A35", "A41", "A44", "A49", "A51"},
    Subject.PERSON: {"A28", "A31", "A37", "A60"},
    Subject.LINK: {"A24"},
    Subject.RENUMBER: {"A42", "A50"},
    Subject.MERGE: {"A18", "A30", "A34", "A36", "A39", "A40", "A43", "A46", "A47", "A48"},
}
CANCELLED = {"A11", "A23", "A27", "A38"}
PRIOR = "MRG|M2^^^RT1^MR||||V0"


def test_every_event_is_there() -> None:
    assert sorted(EVENTS) == DEFINED


@pytest.mark.parametrize("code", DEFINED)
def test_what_it_is_about(code: str) -> None:
    event = EVENTS[code]
    expected = next((s for s, codes in MEANINGS.items() if code in codes), Subject.STAY)
    assert event.subject is expected
    assert bool(event.reason) == (expected is Subject.NOTHING)
    assert (event.status == "cancelled") == (code in CANCELLED)


@pytest.mark.parametrize("code", DEFINED)
def test_it_converts_or_is_recorded(code: str) -> None:
    conversion = converter().convert(adt(code, pid(), PRIOR, pv1()))
    assert conversion.relevant == (EVENTS[code].subject is not Subject.NOTHING)
    if conversion.bundle:
        check(conversion.bundle)
    else:
        assert conversion.reason == f"{code}: {EVENTS[code].reason}"


def test_an_unlink_says_that_the_link_no_longer_stands() -> None:
    other = pid({3: "M2^^^RT1^MR"})
    bundle = Converter().convert(adt("A37", pid(), other)).bundle
    assert bundle
    check(bundle)
    resources = [entry["resource"] for entry in bundle["entry"]]
    (linkage,) = [r for r in resources if r["resourceType"] == "Linkage"]
    people = [r["id"] for r in resources if r["resourceType"] == "Patient"]
    assert linkage["active"] is False
    assert [i["resource"]["reference"][9:] for i in linkage["item"]] == people
