"""Who is in a cohort, and in its sample: whatever the order in which the deaths are known."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import canonical
from nhs.partial_date import PartialDate
from registry.core.scope import Relation
from registry.export.cohort import RELATIONS, Death, Proposal, Sample, death, members
from registry.export.group import UnreadableGroup, read
from tests.registry.core.stating import MH1, T1, T2

Json = dict[str, Any]
MARCH = date(2026, 3, 1)
ALL = Proposal("March", MARCH, (MH1, T1))
CASES = st.integers(0, 60).map(lambda n: f"{n:032x}")
DAYS = ["2026-03-01", "2026-03-31", "2026-04-01", "2026-03", "2026", None]


@st.composite
def deaths_of_some(draw: st.DrawFn) -> list[Death]:
    """Deaths in and about March, in all relations to stays."""
    found: list[Death] = []
    for _ in range(draw(st.integers(0, 40))):
        case, day = draw(CASES), draw(st.sampled_from(DAYS))
        died = None if day is None else PartialDate.parse(day)
        organisation = draw(st.sampled_from([T1, T2, MH1]))
        relations: frozenset[str] = frozenset({draw(st.sampled_from(list(Relation)))})
        found.append(Death(organisation, f"person of {case}", case, died, relations))
    return found


@st.composite
def samples(draw: st.DrawFn) -> Sample | None:
    """No sample, a share or a number."""
    seed = draw(st.text(max_size=5))
    how = draw(st.sampled_from(["none", "percent", "size"]))
    if how == "percent":
        return Sample(seed, percent=draw(st.floats(0.1, 100)))
    return Sample(seed, size=draw(st.integers(1, 80))) if how == "size" else None


DEATHS, SAMPLES = deaths_of_some(), samples()


@settings(deadline=None)
@given(DEATHS, SAMPLES, st.randoms())
def test_the_order_makes_no_difference(deaths: list[Death], sample: Sample | None, by: Any) -> None:
    proposal = Proposal("x", MARCH, (MH1, T1), sample)
    shuffled = [*deaths, *deaths]
    by.shuffle(shuffled)
    assert members(proposal, shuffled) == members(proposal, deaths)


@settings(deadline=None)
@given(DEATHS)
def test_everybody_in_it_belongs_there_and_nobody_is_left_out(deaths: list[Death]) -> None:
    found = {one.case: one.organisations for one in members(ALL, deaths)}
    wanted: dict[str, set[str]] = {}
    for one in deaths:
        in_march = one.died is not None and one.died.text.startswith("2026-03")
        if in_march and one.organisation != T2 and one.relations <= RELATIONS:
            wanted.setdefault(one.case, set()).add(one.organisation)
    assert found == {case: tuple(sorted(of)) for case, of in wanted.items()}


@settings(deadline=None)
@given(st.sets(CASES), CASES, st.floats(0.1, 100), st.text(max_size=5))
def test_a_death_that_comes_late_moves_no_other_in_a_share(
    cases: set[str], late: str, percent: float, seed: str
) -> None:
    sample = Sample(seed, percent=percent)
    assert sample.of(cases | {late}) - {late} == sample.of(cases) - {late}


@settings(deadline=None)
@given(st.sets(CASES), CASES, st.integers(1, 80), st.text(max_size=5))
def test_of_a_number_it_moves_one_at_most(cases: set[str], late: str, size: int, seed: str) -> None:
    sample = Sample(seed, size=size)
    before, after = sample.of(cases), sample.of(cases | {late})
    assert len(after) == min(size, len(cases | {late}))
    assert len(before - after) <= 1
    assert after - before <= {late}


def test_anybody_can_draw_it_again() -> None:
    """By what the profile of the sample says, and nothing of ours."""
    cases = [f"{n:032x}" for n in range(500)]
    place = {
        c: int.from_bytes(hmac.new(b"2026-03", c.encode(), hashlib.sha256).digest()[:8])
        for c in cases
    }
    of_share = {c for c in cases if place[c] < 0.2 * 2**64}
    assert Sample("2026-03", percent=20).of(cases) == of_share
    assert 60 < len(of_share) < 140
    assert Sample("2026-03", size=40).of(cases) == set(sorted(cases, key=place.__getitem__)[:40])
    assert Sample("another", size=40).of(cases) != Sample("2026-03", size=40).of(cases)


def test_a_summer_night_belongs_to_the_day_in_london() -> None:
    at = PartialDate.parse("2026-03-31T23:30:00+00:00")
    relations = frozenset({Relation.DIED_IN_SPELL})
    assert members(ALL, [Death(T1, "p", "c", at, relations)]) == []


def test_what_is_no_case_is_no_death_of_a_cohort() -> None:
    assert death(T1, "p", {"resourceType": "Observation"}) is None


def proposing(**more: Any) -> Json:
    organisation = {
        "url": canonical.COHORT_ORGANISATION,
        "extension": [
            {
                "url": "organisation",
                "valueReference": {
                    "identifier": {
                        "system": "https://fhir.nhs.uk/Id/ods-organization-code",
                        "value": T1,
                    }
                },
            }
        ],
    }
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "419620001"}]}
    return {
        "resourceType": "Group",
        "type": "person",
        "actual": True,
        "name": "March",
        "extension": [organisation],
        "characteristic": [
            {"code": code, "valueBoolean": True, "exclude": False, "period": {"start": "2026-03"}}
        ],
        **more,
    }


def sample(**parts: Any) -> Json:
    said = [{"url": name.partition("_")[0], f"value{name.partition('_')[2]}": value}
            for name, value in parts.items()]  # fmt: skip
    return {"url": canonical.COHORT_SAMPLE, "extension": said}


def test_a_proposal_is_read() -> None:
    body = proposing()
    assert read(body, "made") == Proposal("March", MARCH, (T1,))
    body["extension"].append(sample(percent_Decimal=12.5))
    assert read(body, "made").sample == Sample("made", percent=12.5)
    body["extension"][1] = sample(size_PositiveInt=40, seed_String="ours")
    assert read(body, "made").sample == Sample("ours", size=40)


OTHERWISE: dict[str, Json] = {
    "another resource": {"resourceType": "Patient"},
    "no name": {"name": " "},
    "described": {"actual": False},
    "of things": {"type": "device"},
    "names members": {"member": [{"entity": {"reference": "Patient/1"}}]},
    "nobody takes part": {"extension": []},
    "another extension": {"extension": [{"url": "urn:x"}]},
    "no list": {"extension": {}},
    "answers for another": {
        "extension": [
            {
                "url": canonical.COHORT_ORGANISATION,
                "extension": [
                    *proposing()["extension"][0]["extension"],
                    {"url": "answer", "valueCode": "agreed"},
                ],
            }
        ]
    },
    "a sample of both": {
        "extension": [*proposing()["extension"], sample(percent_Decimal=1, size_PositiveInt=1)]
    },
    "two samples": {
        "extension": [
            *proposing()["extension"],
            sample(percent_Decimal=1),
            sample(percent_Decimal=1),
        ]
    },
    "a sample of nothing": {"extension": [*proposing()["extension"], sample(size_PositiveInt=0)]},
    "more than all": {"extension": [*proposing()["extension"], sample(percent_Decimal=101)]},
    "no month": {"characteristic": []},
    "half a month": {
        "characteristic": [{**proposing()["characteristic"][0], "period": {"start": "2026-03-02"}}]
    },
    "two months": {
        "characteristic": [
            {
                **proposing()["characteristic"][0],
                "period": {"start": "2026-03-01", "end": "2026-04-30"},
            }
        ]
    },
}


@pytest.mark.parametrize("case", OTHERWISE)
def test_what_proposes_no_cohort_is_refused(case: str) -> None:
    with pytest.raises(UnreadableGroup):
        read(proposing() | OTHERWISE[case], "made")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.sampled_from(sorted(proposing())), JSON)
def test_whatever_is_sent_is_read_or_refused(name: str, value: Any) -> None:
    try:
        assert isinstance(read(proposing() | {name: value}, "made"), Proposal)
    except UnreadableGroup as error:
        assert str(error)
