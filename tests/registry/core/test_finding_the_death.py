"""Finding the death: from messages to one death, one case, and a proposed lead."""

from __future__ import annotations

from itertools import permutations

import pytest

from registry.core.derive import Involvement
from registry.core.reviews import CASE_RECORD_REVIEW, Necessity, State
from registry.core.scope import Relation
from registry.core.statement import NationalStatus, StayStated
from tests.registry.core.deciding import People
from tests.registry.core.stating import ICB1, NATION, P1, T1, T2, Nation, Sender
from tests.registry.core.telling import (
    asked,
    case_record_review,
    owners,
    relations,
    state,
)


def test_admitted_and_died_is_one_case_with_one_review_to_be_screened() -> None:
    t1 = Sender()
    found = state(
        t1.admits("2026-01-05"),
        t1.discharges("2026-01-10", method="4", died="2026-01-10"),
    )
    (review,) = found.reviews
    assert review.route.code == CASE_RECORD_REVIEW
    assert (review.state, review.necessity) == (State.PROPOSED, Necessity.TO_BE_SCREENED)
    assert review.proposed is not None
    assert review.proposed.rule == "died-in-care"
    assert "Trust One" in review.proposed.sentence


def test_a_death_without_a_date_has_the_date_of_the_discharge() -> None:
    t1 = Sender()
    found = state(t1.admits("2026-01-05"), t1.discharges("2026-01-10", method="4", is_dead=True))
    assert found.death is not None
    assert found.death.at is not None
    assert found.death.at.text == "2026-01-10"


@pytest.mark.parametrize(
    ("died", "relation", "days"),
    [("2026-02-09", Relation.AFTER_DISCHARGE, 30), ("2026-02-10", Relation.TOO_LATE, 31)],
)
def test_an_update_weeks_later_tells_a_death_at_home(
    died: str, relation: Relation, days: int
) -> None:
    t1 = Sender()
    found = state(
        t1.admits("2026-01-05"),
        t1.discharges("2026-01-10", at="2026-01-10T12:00"),
        t1.reports(died, at="2026-03-03T09:00"),
    )
    assert relations(found) == {T1: (relation, days)}
    is_in_scope = relation is Relation.AFTER_DISCHARGE
    assert owners(found) == ({CASE_RECORD_REVIEW: T1} if is_in_scope else {})
    assert found.death is not None


def test_half_past_midnight_in_summer_is_that_day_in_london() -> None:
    t1 = Sender()
    found = state(
        t1.discharges("2026-07-01T00:30:00+01:00", at="2026-07-01T00:31"),
        t1.reports("2026-07-31", at="2026-08-03T09:00"),
    )
    assert relations(found) == {T1: (Relation.AFTER_DISCHARGE, 30)}


def test_the_day_of_discharge_is_day_nought_unless_the_discharge_says_died() -> None:
    t1 = Sender()
    home = state(t1.discharges("2026-01-10"), t1.reports("2026-01-10"))
    assert relations(home) == {T1: (Relation.AFTER_DISCHARGE, 0)}
    ward = state(t1.discharges("2026-01-10", method="4", died="2026-01-10"))
    assert relations(ward) == {T1: (Relation.DIED_IN_SPELL, None)}


@pytest.mark.parametrize("midnight", ["2026-07-10T00:00:00+01:00", "2026-07-10T00:00:00+00:00"])
def test_midnight_of_london_or_of_utc_is_a_day_without_a_time(midnight: str) -> None:
    t1 = Sender()
    found = state(
        t1.admits("2026-07-05"),
        t1.discharges("2026-07-10T10:00:00+01:00", at="2026-07-10T10:00"),
        t1.reports(midnight, at="2026-07-12T09:00"),
    )
    assert relations(found) == {T1: (Relation.AFTER_DISCHARGE, 0)}


def test_who_discharged_before_another_trusts_death_is_involved() -> None:
    t1, t2 = Sender(T1), Sender(T2)
    found = state(
        t1.admits("2026-01-01"),
        t1.discharges("2026-01-10"),
        t2.admits("2026-01-11"),
        t2.discharges("2026-01-20", method="4", died="2026-01-20"),
    )
    assert owners(found) == {CASE_RECORD_REVIEW: T2}
    assert Involvement.IN_SCOPE in found.involvement[T1]
    second = case_record_review(found).candidates[1]
    assert (second.organisation, second.rule) == (T1, "latest-discharge")


def test_the_latest_discharge_before_a_death_at_home_is_proposed_and_both_are_involved() -> None:
    t1, t2 = Sender(T1), Sender(T2)
    found = state(
        t1.discharges("2026-01-01"),
        t2.discharges("2026-01-16"),
        t2.reports("2026-01-21", at="2026-01-25T09:00"),
    )
    assert owners(found) == {CASE_RECORD_REVIEW: T2}
    assert Involvement.IN_SCOPE in found.involvement[T1]
    assert [c.organisation for c in case_record_review(found).candidates] == [T2, T1, ICB1]


def test_a_national_notification_alone_opens_the_case() -> None:
    t1, nation = Sender(), Nation()
    left = t1.discharges("2026-01-10")
    registered = nation.notifies(NationalStatus.FORMAL, "2026-01-22", at="2026-01-30T09:00")
    found = state(left, registered)
    assert relations(found) == {T1: (Relation.AFTER_DISCHARGE, 12)}
    assert owners(found) == {CASE_RECORD_REVIEW: T1}
    assert found.death is not None
    assert (found.death.claim.source, found.death.claim.is_formal) == (NATION, True)


def test_an_informal_status_removed_ends_the_case_as_an_error_and_keeps_the_decision() -> None:
    t1, nation, people = Sender(), Nation(), People()
    told = (
        t1.discharges("2026-01-10"),
        nation.notifies(NationalStatus.INFORMAL, "2026-01-22", at="2026-01-30T09:00"),
    )
    removed = nation.notifies(NationalStatus.REMOVED, at="2026-02-01T09:00")
    accepted = people.accept(T1)
    assert state(*told, decisions=[accepted]).is_in_scope
    for order in permutations((*told, removed)):
        found = state(*order, decisions=[accepted])
        assert found.death is None
        (review,) = found.reviews
        assert (review.state, review.lead) == (State.ENDED, T1)
        assert found.decisions == (accepted,)
        assert asked(found) == {}


def test_conflicting_words_are_asked_about_and_open_nothing() -> None:
    t1 = Sender()
    found = state(t1.discharges("2026-01-10"), t1.contradicts_itself("2026-01-12"))
    assert (found.death, found.reviews) == (None, ())
    question = asked(found)["death-statement-conflict"]
    assert question.owner == T1
    assert "Trust One" in question.sentence


def test_conflicting_words_close_nothing() -> None:
    t1 = Sender()
    found = state(
        t1.discharges("2026-01-10"), t1.reports("2026-01-12"), t1.contradicts_itself("2026-01-12")
    )
    assert owners(found) == {CASE_RECORD_REVIEW: T1}
    assert asked(found)["death-statement-conflict"].owner == T1


def test_an_attendance_disposal_and_a_birth_are_no_death() -> None:
    t1 = Sender()
    # From a sender whose profile says that PV1-36 carries the A&E table no method is stated, and
    # source of admission 79 is no discharge destination: neither reaches the registry as a death.
    seen = t1.states("A03", stay=StayStated("V1", "finished", "EMER", discharged="2026-01-10"))
    born = t1.admits("2026-01-10", "V2", method="82")
    found = state(seen, born)
    assert (found.death, found.reviews, found.inquiries) == (None, (), ())
    assert not any(s.touches_death for s in (seen, born))


def test_a_month_is_a_possible_thirty_days_and_no_count() -> None:
    t1 = Sender()
    found = state(t1.discharges("2026-01-10"), t1.reports("2026-01", at="2026-02-03T09:00"))
    assert relations(found) == {T1: (Relation.POSSIBLY, None)}
    assert owners(found) == {CASE_RECORD_REVIEW: T1}
    sentence = found.findings[0].sentence("Trust One")
    assert "not known to the day" in sentence
    assert "30 days" in sentence


def test_an_archive_loaded_a_year_later_ends_in_the_same_state() -> None:
    t1, t2 = Sender(T1), Sender(T2)
    archive = (
        t1.admits("2026-01-01", at="2026-01-01T09:00"),
        t1.discharges("2026-01-10", at="2026-01-10T09:00"),
        t2.discharges("2026-01-05", at="2026-01-05T09:00"),
    )
    died = t1.reports("2026-01-20", at="2026-01-25T09:00")
    in_order = state(*archive, died)
    assert in_order.is_in_scope
    assert not state(died).is_in_scope
    for order in permutations((died, *archive)):
        assert state(*order) == in_order


def test_a_discharge_told_again_after_the_death_at_home_is_no_death_in_the_stay() -> None:
    t1 = Sender()
    again = t1.discharges("2026-01-10", method=None, died="2026-01-20", at="2026-03-01T09:00")
    found = state(t1.admits("2026-01-05"), again)
    assert relations(found) == {T1: (Relation.AFTER_DISCHARGE, 10)}


def test_a_stay_that_begins_after_the_death_says_nothing_of_an_open_one() -> None:
    t1, t2 = Sender(T1), Sender(T2)
    found = state(
        t1.admits("2026-01-05"),
        t2.admits("2026-01-20"),
        t2.discharges("2026-01-25"),
        t1.reports("2026-01-10", at="2026-02-01T09:00"),
    )
    assert relations(found) == {
        T1: (Relation.DIED_IN_SPELL, None),
        T2: (Relation.AFTER_DEATH, None),
    }
    assert owners(found) == {CASE_RECORD_REVIEW: T1}
    assert Involvement.IN_SCOPE not in found.involvement.get(T2, ())


def test_the_practice_is_involved_and_its_board() -> None:
    t1 = Sender()
    found = state(t1.discharges("2026-01-10", method="4", died="2026-01-10"))
    assert found.involvement[P1] == (Involvement.PRACTICE,)
    assert found.involvement[ICB1] == (Involvement.ICB,)
