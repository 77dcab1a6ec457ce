"""Mothers and babies: stillbirths, newborns, and deaths after a pregnancy."""

from __future__ import annotations

from itertools import permutations

import pytest

from registry.core.derive import Involvement
from registry.core.reviews import CASE_RECORD_REVIEW, Necessity
from registry.core.scope import Relation
from registry.core.statement import StayStated
from tests.registry.core.stating import (
    NUMBER,
    OTHER_NUMBER,
    T1,
    T2,
    Sender,
)
from tests.registry.core.telling import asked, owners, relations, reviews, state, states

PMRT, MNSI = "perinatal-mortality-review", "maternity-investigation"
CDR, MATERNAL = "child-death-review", "maternal-death-review"


@pytest.mark.parametrize("born", [None, "2026-01-10"])
def test_a_stillborn_baby_has_the_perinatal_route_and_no_adult_review(born: str | None) -> None:
    t1 = Sender(born=born)
    found = state(t1.admits("2026-01-10", method="82"), t1.discharges("2026-01-10", method="5"))
    assert found.death is not None
    assert found.death.is_stillbirth
    assert owners(found) == {PMRT: T1, MNSI: T1}
    assert reviews(found)[PMRT].necessity is Necessity.REQUIRED
    assert reviews(found)[MNSI].necessity is Necessity.TO_BE_SCREENED


def test_a_stillbirth_on_the_mothers_record_is_asked_about_and_she_is_alive() -> None:
    mother = Sender(born="1995-05-05")
    story = (
        mother.admits("2026-01-08", method="31"),
        mother.discharges("2026-01-10", method="5"),
    )
    for order in permutations(story):
        found = state(*order)
        assert (found.death, found.reviews) == (None, ())
        assert asked(found)["stillbirth-on-older-record"].owner == T1


def test_a_stillbirth_without_a_discharge_date_is_no_death_of_the_mother_either() -> None:
    mother = Sender(born="1995-05-05")
    undated = mother.states("A03", stay=StayStated("V1", "finished", "IMP", discharge_method="5"))
    found = state(mother.admits("2026-01-08", method="31"), undated)
    assert (found.death, found.reviews) == (None, ())
    assert asked(found)["stillbirth-on-older-record"].owner == T1


def test_a_stillbirth_corrected_to_alive_is_none() -> None:
    t1 = Sender(born="2026-01-10")
    wrong = t1.discharges("2026-01-10", method="5")
    right = t1.discharges("2026-01-10", method="1", trigger="A08")
    for order in permutations((wrong, right)):
        assert state(*order).death is None


def test_mother_and_baby_are_two_people() -> None:
    mother = Sender(identifiers=(NUMBER,), born="1995-05-05")
    baby = Sender(identifiers=(OTHER_NUMBER,), born="2026-01-10")
    found = {
        one.person.key: one
        for one in states(
            mother.admits("2026-01-08", "M1", method="31"),
            mother.discharges("2026-01-12", "M1"),
            baby.admits("2026-01-10", "B1", method="82"),
            baby.discharges("2026-01-11", "B1", method="4", died="2026-01-11"),
        )
    }
    assert found[NUMBER].death is None
    assert set(owners(found[OTHER_NUMBER])) == {CASE_RECORD_REVIEW, CDR, PMRT, MNSI}


@pytest.mark.parametrize(
    ("died", "routes"),
    [
        ("2026-01-01", {PMRT, MNSI}),
        ("2026-01-07", {PMRT, MNSI}),
        ("2026-01-08", {PMRT}),
        ("2026-01-29", {PMRT}),
        ("2026-01-30", set[str]()),
    ],
)
def test_a_newborn_is_reviewed_by_the_days_of_its_life(died: str, routes: set[str]) -> None:
    t1 = Sender(born="2026-01-01")
    found = state(
        t1.admits("2026-01-01", method="82"),
        t1.discharges(died, method="4", died=died, at="2026-02-10T09:00"),
    )
    assert set(owners(found)) == {CASE_RECORD_REVIEW, CDR, *routes}


@pytest.mark.parametrize(
    ("died", "routes"),
    [
        ("2026-02-21", {MNSI, MATERNAL}),
        ("2026-02-22", {MATERNAL}),
        ("2027-01-10", {MATERNAL}),
        ("2027-01-11", set[str]()),
    ],
)
def test_a_death_after_a_pregnancy_is_counted_from_the_end_of_the_maternity_stay(
    died: str, routes: set[str]
) -> None:
    t1 = Sender(born="1995-05-05")
    found = state(
        t1.admits("2026-01-08", "M1", method="32"),
        t1.discharges("2026-01-10", "M1"),
        t1.admits("2026-02-15" if died < "2027" else "2027-01-05", "V2", at="2027-01-12T09:00"),
        t1.discharges(died, "V2", method="4", died=died, at="2027-01-13T09:00"),
    )
    assert set(owners(found)) == {CASE_RECORD_REVIEW, *routes}


HOME = {MATERNAL: T1}


@pytest.mark.parametrize(
    ("died", "expected"),
    [
        ("2026-02-09", {CASE_RECORD_REVIEW: T1, MNSI: T1, MATERNAL: T1}),
        ("2026-02-10", {MNSI: T1, MATERNAL: T1}),
        ("2026-02-21", {MNSI: T1, MATERNAL: T1}),
        ("2026-02-22", HOME),
        ("2027-01-10", HOME),
        ("2027-01-11", dict[str, str]()),
    ],
)
@pytest.mark.parametrize(
    "evidence", [{"method": "31"}, {"method": "32"}, {"specialty": "501"}, {"specialty": "560"}]
)
def test_a_mother_who_dies_at_home_has_the_reviews_of_mothers_for_a_year(
    died: str, expected: dict[str, str], evidence: dict[str, str]
) -> None:
    t1 = Sender(born="1995-05-05")
    story = (
        t1.admits("2026-01-08", "M1", **evidence),
        t1.discharges("2026-01-10", "M1"),
        t1.reports(died, at="2027-01-13T09:00"),
    )
    for order in permutations(story):
        found = state(*order)
        assert owners(found) == expected
        assert found.has_case is bool(expected)


def test_a_death_after_maternity_care_only_is_no_death_in_care_and_says_so() -> None:
    t1 = Sender(born="1995-05-05")
    found = state(
        t1.admits("2026-01-08", method="31"),
        t1.discharges("2026-01-10"),
        t1.reports("2026-06-09", at="2026-06-13T09:00"),
    )
    assert not found.is_in_scope
    (finding,) = found.findings
    assert finding.sentence("Trust One") == (
        "Died 150 days after maternity care at Trust One that ended on 10 January 2026."
    )
    assert finding.rule is not None
    assert finding.rule.name == "after-maternity-care"
    assert Involvement.IN_SCOPE in found.involvement[T1]
    assert reviews(found)[MATERNAL].candidates[0].rule == "maternity-care"


def test_a_death_known_to_the_year_may_be_within_the_year_after_maternity_care() -> None:
    t1 = Sender(born="1995-05-05")
    found = state(
        t1.admits("2025-12-18", method="31"),
        t1.discharges("2025-12-20"),
        t1.reports("2026", at="2027-06-13T09:00"),
    )
    assert relations(found) == {T1: (Relation.POSSIBLY, None)}
    later = state(
        t1.admits("2025-06-08", method="31"),
        t1.discharges("2025-06-10"),
        t1.reports("2026", at="2027-06-13T09:00"),
    )
    assert relations(later) == {T1: (Relation.POSSIBLY_AFTER_MATERNITY, None)}
    assert set(owners(later)) == {MATERNAL}


@pytest.mark.parametrize(
    ("born", "evidence"),
    [
        ("2026-01-08", {"specialty": "501"}),
        (None, {"method": "82", "specialty": "501"}),
        ("1995-05-05", {"method": "21", "specialty": "300"}),
    ],
    ids=["a baby under the mother's specialty", "a birth", "another stay"],
)
def test_other_stays_give_no_case_after_thirty_days(
    born: str | None, evidence: dict[str, str]
) -> None:
    t1 = Sender(born=born)
    found = state(
        t1.admits("2026-01-08", **evidence),
        t1.discharges("2026-01-10"),
        t1.reports("2026-04-09", at="2026-06-13T09:00"),
    )
    assert (found.has_case, owners(found)) == (False, {})


def test_a_day_case_under_midwives_is_maternity_care_and_a_clinic_is_not() -> None:
    for kind, expected in (("SS", HOME), ("AMB", {})):
        t1 = Sender(born="1995-05-05")
        found = state(
            t1.admits("2026-01-08", specialty="560", kind=kind),
            t1.discharges("2026-01-08", kind=kind),
            t1.reports("2026-06-09", at="2026-06-13T09:00"),
        )
        assert owners(found) == expected


def test_a_maternity_stay_left_behind_counts_from_its_beginning() -> None:
    t1, t2 = Sender(born="1995-05-05"), Sender(T2, born="1995-05-05")
    found = state(
        t1.admits("2026-01-08", "M1", method="31"),
        t2.admits("2026-05-08", "V1"),
        t2.discharges("2026-05-10", "V1", method="4", died="2026-05-10"),
    )
    assert relations(found)[T1] == (Relation.AFTER_MATERNITY, None)
    assert owners(found) == {CASE_RECORD_REVIEW: T2, MATERNAL: T2}


def test_a_death_in_a_long_maternity_stay_counts_however_long_it_was() -> None:
    t1 = Sender(born="1995-05-05")
    found = state(
        t1.admits("2026-01-08", method="31"),
        t1.reports("2026-04-01", at="2026-04-02T09:00"),
    )
    assert set(owners(found)) == {CASE_RECORD_REVIEW, MNSI, MATERNAL}


def test_a_maternity_stay_that_begins_after_the_death_is_no_pregnancy_before_it() -> None:
    t1 = Sender(born="1995-05-05")
    found = state(
        t1.discharges("2026-01-10", method="4", died="2026-01-10"),
        t1.admits("2026-02-10", "M1", method="31", at="2026-02-10T09:00"),
    )
    assert set(owners(found)) == {CASE_RECORD_REVIEW}
