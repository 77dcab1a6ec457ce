"""`f` itself: what follows from what was stated, told as stories."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from registry.core import identity
from registry.core.derive import Involvement
from registry.core.identity import NumberPolicy
from registry.core.needs import OUT_OF_SCOPE
from registry.core.reviews import CASE_RECORD_REVIEW, Necessity, State
from registry.core.scope import Relation
from registry.core.statement import DeathStated, StayStated, Verdict
from tests.registry.core.deciding import People
from tests.registry.core.stating import ICB1, NUMBER, P1, T1, T2, Sender, evidence, mrn
from tests.registry.core.telling import owners, relations, state, states


def test_a_discharge_that_says_died_is_a_death_in_hospital() -> None:
    t1 = Sender()
    found = state(
        t1.admits("2026-01-05"), t1.discharges("2026-01-10", method="4", died="2026-01-10")
    )
    assert relations(found) == {T1: (Relation.DIED_IN_SPELL, None)}
    (review,) = found.reviews
    assert (review.route.code, review.state) == (CASE_RECORD_REVIEW, State.PROPOSED)
    assert review.necessity is Necessity.TO_BE_SCREENED
    assert review.proposed is not None
    assert (review.proposed.organisation, review.proposed.rule) == (T1, "died-in-care")


def test_a_death_without_a_date_is_dated_by_the_discharge_that_states_it() -> None:
    t1 = Sender()
    found = state(t1.admits("2026-01-05"), t1.discharges("2026-01-10", method=None, is_dead=True))
    assert found.death is not None
    assert found.death.at is not None
    assert found.death.at.text == "2026-01-10"
    assert relations(found)[T1][0] is Relation.DIED_IN_SPELL


@pytest.mark.parametrize(
    ("left", "died", "relation", "days"),
    [
        ("2026-01-10", "2026-02-09", Relation.AFTER_DISCHARGE, 30),
        ("2026-01-10", "2026-02-10", Relation.TOO_LATE, 31),
        ("2026-01-10", "2026-01-10", Relation.AFTER_DISCHARGE, 0),
        ("2026-07-01T00:30:00+01:00", "2026-07-31", Relation.AFTER_DISCHARGE, 30),
        ("2026-06-30T23:30:00Z", "2026-07-31", Relation.AFTER_DISCHARGE, 30),
        ("2028-02-01", "2028-03-02", Relation.AFTER_DISCHARGE, 30),
        ("2026-01-10", "2026-01", Relation.POSSIBLY, None),
        ("2026-01-10", "2026-03", Relation.TOO_LATE, None),
        ("2026-01-10T10:00:00Z", "2026-01-10T08:34:00Z", Relation.DIED_IN_SPELL, None),
        ("2026-01-10T10:00:00Z", "2026-01-10T00:00:00Z", Relation.AFTER_DISCHARGE, 0),
    ],
)
def test_thirty_days_are_london_dates_both_ends_included(
    left: str, died: str, relation: Relation, days: int | None
) -> None:
    t1 = Sender()
    found = state(
        t1.admits("2026-01-01" if left < "2026-06" else "2026-06-01"),
        t1.discharges(left),
        t1.reports(died, at="2028-12-01T09:00"),
    )
    assert relations(found) == {T1: (relation, days)}
    assert bool(found.reviews) is (relation is not Relation.TOO_LATE)


def test_a_death_too_late_says_why_it_is_not_in_scope() -> None:
    t1 = Sender()
    found = state(t1.discharges("2026-01-10"), t1.reports("2026-02-10", at="2026-03-03T09:00"))
    assert found.death is not None
    assert not found.is_in_scope
    assert found.findings[0].sentence("Trust One") == (
        "Died 31 days after discharge from Trust One on 10 January 2026: outside the 30 days, "
        "not in scope."
    )
    assert found.involvement[T1] == (Involvement.REPORTED,)


def test_who_discharged_before_another_trusts_death_is_involved() -> None:
    t1, t2 = Sender(T1), Sender(T2)
    found = state(
        t1.discharges("2026-01-10"),
        t2.admits("2026-01-11"),
        t2.discharges("2026-01-20", method="4", died="2026-01-20"),
    )
    assert relations(found) == {
        T1: (Relation.AFTER_DISCHARGE, 10),
        T2: (Relation.DIED_IN_SPELL, None),
    }
    assert owners(found) == {"case-record-review": T2}
    assert Involvement.IN_SCOPE in found.involvement[T1]
    assert found.involvement[P1] == (Involvement.PRACTICE,)
    assert found.involvement[ICB1] == (Involvement.ICB,)


def test_the_latest_discharge_is_owners() -> None:
    t1, t2 = Sender(T1), Sender(T2)
    found = state(
        t1.discharges("2026-01-01"),
        t2.discharges("2026-01-16"),
        t2.reports("2026-01-21", at="2026-02-01T09:00"),
    )
    assert owners(found) == {"case-record-review": T2}


def test_a_stay_left_open_elsewhere_is_not_where_the_person_died() -> None:
    t1, t2 = Sender(T1), Sender(T2)
    left_open = t2.admits("2024-01-05", at="2024-01-05T09:00")
    died = t1.discharges("2026-01-10", method="4", died="2026-01-10")
    found = state(left_open, t1.admits("2026-01-05"), died)
    assert relations(found)[T2][0] is Relation.NEVER_ENDED
    assert T2 not in found.involvement
    at_home = state(
        left_open,
        t1.admits("2026-01-05"),
        t1.discharges("2026-01-08"),
        t1.reports("2026-01-10", at="2026-01-12T09:00"),
    )
    assert relations(at_home) == {
        T1: (Relation.AFTER_DISCHARGE, 2),
        T2: (Relation.NEVER_ENDED, None),
    }


def test_a_death_in_the_only_open_stay_is_a_death_in_hospital() -> None:
    t1 = Sender()
    found = state(t1.admits("2026-01-05"), t1.reports("2026-01-10"))
    assert relations(found) == {T1: (Relation.DIED_IN_SPELL, None)}


def test_a_cancelled_discharge_takes_its_death_with_it_in_any_order() -> None:
    t1 = Sender()
    story = (
        t1.admits("2026-01-05"),
        t1.discharges("2026-01-10", method="4", died="2026-01-10"),
        t1.cancels("A13"),
        t1.discharges("2026-01-12", method="1"),
    )
    for order in permutations(story):
        found = state(*order)
        assert found.death is None
        assert found.reviews == ()
        assert found.spells[0].discharged is not None
        assert found.spells[0].discharged.text == "2026-01-12"


def test_an_update_to_alive_corrects_the_discharge() -> None:
    t1 = Sender()
    found = state(
        t1.admits("2026-01-05"),
        t1.discharges("2026-01-10", method="4", is_dead=True),
        t1.discharges("2026-01-10", method="1", trigger="A08"),
    )
    assert found.death is None


def test_an_update_of_an_old_stay_does_not_take_back_a_later_death() -> None:
    t1 = Sender()
    found = state(
        t1.discharges("2026-01-25", at="2026-01-25T12:00"),
        t1.reports("2026-02-09", at="2026-02-11T09:00"),
        t1.discharges("2026-01-24", trigger="A08", at="2026-02-12T09:00"),
    )
    assert relations(found) == {T1: (Relation.AFTER_DISCHARGE, 16)}


def test_a_cancelled_admission_leaves_no_spell_until_a_new_one() -> None:
    t1 = Sender()
    cancelled = (t1.admits("2026-01-05"), t1.cancels("A11"))
    assert state(*cancelled).spells[0].is_cancelled
    again = t1.admits("2026-01-06")
    assert not state(*cancelled, again).spells[0].is_cancelled


def test_a_retracted_death_ends_the_review_and_keeps_the_decision() -> None:
    t1 = Sender()
    accepted = People().accept(T1)
    found = state(
        t1.discharges("2026-01-10"),
        t1.reports("2026-01-12"),
        t1.takes_back(),
        decisions=(accepted,),
    )
    (review,) = found.reviews
    assert (review.state, review.lead) == (State.ENDED, T1)
    assert review.ended_because == "The death was taken back by its source."


def test_an_accepted_review_out_of_scope_is_the_leads_to_close() -> None:
    t1 = Sender()
    accepted = People().accept(T1)
    story = (
        t1.discharges("2026-01-25"),
        t1.reports("2026-02-19", at="2026-02-20T09:00"),
        t1.discharges("2026-01-15", trigger="A08", at="2026-03-01T09:00"),
    )
    (review,) = state(*story, decisions=(accepted,)).reviews
    assert (review.state, review.lead) == (State.OUT_OF_SCOPE, T1)
    assert review.ended_because == OUT_OF_SCOPE
    assert state(*story).reviews == ()


def test_conflicting_words_open_and_close_nothing() -> None:
    t1 = Sender()
    conflict = t1.states("A31", death=DeathStated(Verdict.CONFLICTING, "2026-01-12"))
    assert state(t1.discharges("2026-01-10"), conflict).death is None
    assert state(t1.discharges("2026-01-10"), conflict).claims.conflicting == (T1,)
    before = t1.reports("2026-01-12")
    later = replace(conflict, recorded=before.recorded, control_id="RT1-9999")
    found = state(t1.discharges("2026-01-10"), before, later)
    assert found.is_in_scope
    assert found.claims.conflicting == (T1,)


def test_learning_disability_makes_the_review_required_and_adds_leder() -> None:
    t1, t2 = Sender(T1), Sender(T2)
    diagnosed = replace(
        t2.admits("2024-01-01", at="2024-01-01T09:00"),
        evidence=(evidence("F72", "learning-disability"),),
    )
    t2_left = t2.discharges("2024-01-05", at="2024-01-05T09:00")
    found = state(diagnosed, t2_left, t1.discharges("2026-01-10", method="4", died="2026-01-10"))
    by_route = {review.route.code: review for review in found.reviews}
    assert by_route[CASE_RECORD_REVIEW].necessity is Necessity.REQUIRED
    assert by_route[CASE_RECORD_REVIEW].criteria[0].code == "learning-disability"
    assert by_route["leder"].owner == ICB1
    assert found.flags[0].evidence[0].source == T2
    assert T2 not in found.involvement


@pytest.mark.parametrize(
    ("code", "flag", "necessity"),
    [
        ("F20.0", "severe-mental-illness", Necessity.REQUIRED),
        ("F81.9", "possible-learning-disability", Necessity.TO_BE_SCREENED),
        ("F84.0", "autism", Necessity.TO_BE_SCREENED),
    ],
)
def test_only_confirmed_flags_require_a_review(code: str, flag: str, necessity: Necessity) -> None:
    t1 = Sender()
    told = replace(t1.admits("2026-01-05"), evidence=(evidence(code, flag),))
    found = state(told, t1.discharges("2026-01-10", method="4", is_dead=True))
    assert found.reviews[0].necessity is necessity
    assert found.flags[0].is_confirmed is not flag.startswith("possible")


def test_withdrawn_evidence_takes_the_flag_away() -> None:
    t1 = Sender()
    told = t1.states("A08", evidence=(evidence("F72", "learning-disability"),))
    withdrawn = t1.states("A08", evidence=(evidence("F72", "learning-disability", withdrawn=True),))
    assert state(told).flags != ()
    assert state(withdrawn, told).flags == ()


def test_a_merge_joins_a_spell_and_a_death_and_before_it_there_are_two_people() -> None:
    a = Sender(identifiers=(mrn("A"),))
    b = Sender(identifiers=(mrn("B"), NUMBER))
    spell, died = a.discharges("2026-01-10"), b.reports("2026-01-20")
    merge = b.states("A40", prior=(mrn("A"),))
    assert not any(one.is_in_scope for one in states(spell, died))
    for order in permutations((spell, died, merge)):
        found = state(*order)
        assert found.is_in_scope
        assert found.person.key == NUMBER


def test_a_number_that_may_not_identify_is_no_identity() -> None:
    t1 = Sender(identifiers=(NUMBER, mrn("A")))
    (found,) = identity.persons([t1.admits("2026-01-05")], NumberPolicy())
    assert found.key == mrn("A")


def test_a_stay_that_is_not_inpatient_is_out_of_scope_and_says_so() -> None:
    t1 = Sender()
    attended = t1.states("A03", stay=StayStated("V1", "finished", "EMER", discharged="2026-01-10"))
    found = state(attended, t1.reports("2026-01-11"))
    assert relations(found) == {T1: (Relation.NOT_COVERED, None)}
    assert found.reviews == ()


def test_newer_means_by_the_events_own_time_then_by_control_id() -> None:
    t1 = Sender()
    dead = t1.reports("2026-01-12", at="2026-01-13T09:00")
    alive = replace(t1.takes_back(at="2026-01-13T09:00"), control_id="RT1-10")
    assert state(replace(dead, control_id="RT1-9"), alive).death is None
    assert state(replace(dead, control_id="RT1-11"), alive).death is not None
    earlier = replace(alive, recorded=(dead.recorded or datetime.now(UTC)) - timedelta(hours=1))
    assert state(earlier, dead).death is not None
