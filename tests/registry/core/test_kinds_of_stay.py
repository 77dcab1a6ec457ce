"""Leave, day cases, attendances, caseloads, and the policies that cover them."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from registry.core.policy import Period
from registry.core.reviews import CASE_RECORD_REVIEW
from registry.core.scope import Relation
from registry.core.spells import Kind
from tests.registry.core.deciding import policy
from tests.registry.core.stating import ICB1, MH1, T1, T2, Sender
from tests.registry.core.telling import case_record_review, knowing, owners, relations, state

LATE = "2028-12-01T09:00"


@pytest.mark.parametrize(
    ("moves", "is_on_leave"),
    [
        (("A21",), True),
        (("A21", "A22"), False),
        (("A21", "A52"), False),
        (("A21", "A22", "A53"), True),
    ],
)
def test_home_leave_is_no_discharge(moves: tuple[str, ...], is_on_leave: bool) -> None:
    t1 = Sender()
    told = [t1.moves(move) for move in moves]
    story = (t1.admits("2026-01-05", at="2025-12-31T09:00"), *told, t1.reports("2026-02-20"))
    for order in permutations(story):
        found = state(*order)
        assert relations(found) == {T1: (Relation.DIED_IN_SPELL, None)}
        assert found.spells[0].is_on_leave is is_on_leave
        sentence = found.findings[0].sentence("Trust One")
        assert ("on leave" in sentence) is is_on_leave


def test_a_day_case_is_a_stay_in_a_bed() -> None:
    t1 = Sender()
    story = (t1.admits("2026-01-10", kind="SS"), t1.discharges("2026-01-10", kind="SS"))
    found = state(*story, t1.reports("2026-02-09", at="2026-03-01T09:00"))
    assert relations(found) == {T1: (Relation.AFTER_DISCHARGE, 30)}
    late = state(*story, t1.reports("2026-02-10", at="2026-03-01T09:00"))
    assert relations(late) == {T1: (Relation.TOO_LATE, 31)}


def test_an_attendance_counts_only_by_the_providers_policy() -> None:
    t1 = Sender()
    story = (
        t1.admits("2026-01-10", kind="EMER"),
        t1.discharges("2026-01-10", kind="EMER"),
        t1.reports("2026-01-20", at="2026-03-01T09:00"),
    )
    without = state(*story)
    assert relations(without) == {T1: (Relation.NOT_COVERED, None)}
    assert "no policy covers it" in without.findings[0].sentence("Trust One")
    covered = knowing(policy(T1, Kind.EMERGENCY, within=Period(days=10)))
    found = state(*story, knowledge=covered)
    assert relations(found) == {T1: (Relation.AFTER_CONTACT, None)}
    assert found.findings[0].rule is not None
    assert found.findings[0].rule.source == "section 1"
    assert owners(found) == {CASE_RECORD_REVIEW: T1}
    too_short = knowing(policy(T1, Kind.EMERGENCY, within=Period(days=9)))
    assert relations(state(*story, knowledge=too_short))[T1][0] is Relation.TOO_LATE_AFTER_CONTACT
    assert not state(*story, knowledge=knowing(policy(T2, Kind.EMERGENCY))).is_in_scope


def test_a_death_in_the_emergency_department_counts_by_policy_too() -> None:
    t1 = Sender()
    died = t1.discharges("2026-01-10", kind="EMER", method="4", died="2026-01-10")
    assert not state(died).is_in_scope
    found = state(died, knowledge=knowing(policy(T1, Kind.EMERGENCY)))
    assert relations(found) == {T1: (Relation.DIED_IN_SPELL, None)}


@pytest.mark.parametrize(
    ("ended", "died", "relation"),
    [
        ("2025-08-31", "2026-02-28", Relation.AFTER_CONTACT),
        ("2025-08-31", "2026-03-01", Relation.TOO_LATE_AFTER_CONTACT),
        ("2027-08-31", "2028-02-29", Relation.AFTER_CONTACT),
        ("2027-08-31", "2028-03-01", Relation.TOO_LATE_AFTER_CONTACT),
        ("2026-02-28", "2026-08-28", Relation.AFTER_CONTACT),
        ("2026-02-28", "2026-08-29", Relation.TOO_LATE_AFTER_CONTACT),
        ("2026-02-10", "2026-08", Relation.POSSIBLY_AFTER_CONTACT),
        ("2026-02-10", "2026-09", Relation.TOO_LATE_AFTER_CONTACT),
        ("2026-02-10", "2026-02-10", Relation.ON_CASELOAD),
    ],
)
def test_a_mental_health_caseload_counts_for_six_calendar_months(
    ended: str, died: str, relation: Relation
) -> None:
    mh1 = Sender(MH1)
    found = state(
        mh1.admits("2025-01-05", kind="AMB"),
        mh1.discharges(ended, kind="AMB"),
        mh1.reports(died, at=LATE),
    )
    assert relations(found) == {MH1: (relation, None)}
    assert found.is_in_scope is (relation is not Relation.TOO_LATE_AFTER_CONTACT)


def test_an_open_caseload_counts_and_an_acute_clinic_does_not() -> None:
    mh1, t1 = Sender(MH1), Sender(T1)
    died = t1.reports("2026-02-20", at="2026-03-01T09:00")
    on_both = (mh1.admits("2025-01-05", kind="HH"), t1.admits("2025-01-05", kind="AMB"))
    found = state(*on_both, died)
    assert relations(found) == {
        MH1: (Relation.ON_CASELOAD, None),
        T1: (Relation.NOT_COVERED, None),
    }
    assert [c.organisation for c in case_record_review(found).candidates] == [MH1, ICB1]


def test_a_caseload_beside_a_death_in_hospital_adds_the_mental_health_review() -> None:
    mh1, t1 = Sender(MH1), Sender(T1)
    found = state(
        mh1.admits("2025-01-05", kind="AMB"),
        t1.admits("2026-02-01"),
        t1.discharges("2026-02-20", method="4", died="2026-02-20"),
    )
    assert owners(found) == {CASE_RECORD_REVIEW: T1, "mental-health-care-review": MH1}


@pytest.mark.parametrize(
    ("died", "is_in_scope"),
    [
        ("2026-03-31", False),
        ("2026-04-01", True),
        ("2026-06-30", True),
        ("2026-07-01", False),
    ],
)
def test_a_policy_counts_for_deaths_while_it_is_in_force(died: str, is_in_scope: bool) -> None:
    t1 = Sender()
    known = knowing(
        policy(T1, Kind.CONTACT, within=Period(months=12), begins="2026-04-01", until="2026-06-30")
    )
    found = state(
        t1.discharges("2026-01-10", kind="AMB"), t1.reports(died, at=LATE), knowledge=known
    )
    assert found.is_in_scope is is_in_scope


def test_the_newest_policy_in_force_counts_and_comes_before_the_national_rule() -> None:
    mh1 = Sender(MH1)
    story = (
        mh1.discharges("2026-01-10", kind="AMB"),
        mh1.reports("2026-06-01", at="2026-07-01T09:00"),
    )
    old = policy(MH1, Kind.CONTACT, within=Period(months=12), begins="2025-01-01")
    new = policy(MH1, Kind.CONTACT, within=Period(months=3), begins="2026-01-01")
    assert state(*story).is_in_scope
    assert not state(*story, knowledge=knowing(old, new)).is_in_scope
    assert not state(*story, knowledge=knowing(new, old)).is_in_scope
    ended = replace(new, until=new.begins)
    assert state(*story, knowledge=knowing(old, ended)).is_in_scope


def test_a_planned_stay_that_never_began_is_no_scope() -> None:
    t1 = Sender()
    found = state(t1.admits("2026-03-01", kind="PRENC"), t1.reports("2026-03-05", at=LATE))
    assert relations(found) == {T1: (Relation.NOT_COVERED, None)}
