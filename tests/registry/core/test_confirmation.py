"""A possible flag, and what people find who look into it."""

from __future__ import annotations

from datetime import timedelta

from registry.core.flags import LEARNING_DISABILITY
from registry.core.needs import DEATH_TAKEN_BACK
from registry.core.reviews import CASE_RECORD_REVIEW, Necessity, State
from registry.core.statement import Statement
from tests.registry.core.deciding import DECIDED, People
from tests.registry.core.stating import ICB1, T1, T2, Sender
from tests.registry.core.telling import (
    asked,
    case_record_review,
    criteria,
    owners,
    reviews,
    state,
    unanswered,
)

POSSIBLE = f"possible-{LEARNING_DISABILITY}"
AFTER = (DECIDED + timedelta(days=40)).isoformat()


def possibly() -> tuple[Statement, ...]:
    t1 = Sender()
    return (
        t1.diagnoses("F81.9", POSSIBLE),
        t1.discharges("2026-01-10", method="4", died="2026-01-10"),
    )


def test_confirmed_by_people_requires_the_review_and_adds_leder() -> None:
    people = People()
    found = state(*possibly(), decisions=[people.finds(LEARNING_DISABILITY, confirmed=True)])
    (flag,) = found.flags
    assert flag.is_confirmed
    assert flag.confirmed_by is not None
    assert flag.confirmed_by.organisation == T1
    assert criteria(found) == [LEARNING_DISABILITY]
    assert owners(found) == {CASE_RECORD_REVIEW: T1, "leder": ICB1}
    assert unanswered(found) == []


def test_not_confirmed_sets_the_flag_aside_and_asks_no_more() -> None:
    found = state(*possibly(), decisions=[People().finds(LEARNING_DISABILITY, confirmed=False)])
    assert (found.flags, unanswered(found)) == ((), [])
    assert [i.answered is not None for i in found.inquiries] == [True]
    assert case_record_review(found).necessity is Necessity.TO_BE_SCREENED


def test_newer_evidence_after_a_refutation_asks_again() -> None:
    refuted = People().finds(LEARNING_DISABILITY, confirmed=False)
    newer = Sender(T2).diagnoses("Q90", POSSIBLE, at=AFTER)
    found = state(*possibly(), newer, decisions=[refuted])
    assert [flag.is_confirmed for flag in found.flags] == [False]
    assert LEARNING_DISABILITY in asked(found)


def test_a_message_that_repeats_what_was_known_is_no_newer_evidence() -> None:
    refuted = People().finds(LEARNING_DISABILITY, confirmed=False)
    again = Sender(T1).diagnoses("F81.9", POSSIBLE, at=AFTER)
    assert state(*possibly(), again, decisions=[refuted]).flags == ()
    withdrawn = Sender(T1).diagnoses("F81.9", POSSIBLE, at="2026-02-01T09:00", withdrawn=True)
    anew = state(*possibly(), withdrawn, again, decisions=[refuted])
    assert [flag.is_confirmed for flag in anew.flags] == [False]


def test_newer_possible_evidence_does_not_undo_a_confirmation() -> None:
    confirmed = People().finds(LEARNING_DISABILITY, confirmed=True)
    newer = Sender(T2).diagnoses("Q90", POSSIBLE, at=AFTER)
    found = state(*possibly(), newer, decisions=[confirmed])
    assert [flag.is_confirmed for flag in found.flags] == [True]
    assert "leder" in owners(found)


def test_the_newest_finding_counts() -> None:
    people = People()
    first = people.finds(LEARNING_DISABILITY, confirmed=False)
    second = people.finds(LEARNING_DISABILITY, confirmed=True)
    for order in ([first, second], [second, first]):
        assert state(*possibly(), decisions=order).flags[0].is_confirmed


def test_a_code_that_confirms_leaves_one_flag_whatever_people_found() -> None:
    listed = Sender(T2).diagnoses("F72", LEARNING_DISABILITY)
    for confirmed in (True, False):
        found = state(
            *possibly(),
            listed,
            decisions=[People().finds(LEARNING_DISABILITY, confirmed=confirmed)],
        )
        (flag,) = found.flags
        assert flag.is_confirmed
        assert [e.stated.code for e in flag.evidence] == ["F72"]
        assert unanswered(found) == []


def test_the_question_follows_the_lead() -> None:
    people = People()
    found = state(*possibly(), decisions=[people.decline(T1)])
    assert asked(found)[LEARNING_DISABILITY].owner == ICB1


def test_leder_ends_with_the_confirmation_and_keeps_its_lead_until_they_close_it() -> None:
    people = People()
    taken = [
        people.finds(LEARNING_DISABILITY, confirmed=True),
        people.accept(ICB1, "leder"),
        people.finds(LEARNING_DISABILITY, confirmed=False),
    ]
    leder = reviews(state(*possibly(), decisions=taken))["leder"]
    assert (leder.state, leder.lead) == (State.OUT_OF_SCOPE, ICB1)
    gone = state(*possibly(), Sender(T1).takes_back(at=AFTER), decisions=taken)
    assert {r.ended_because for r in gone.reviews} == {DEATH_TAKEN_BACK}
    assert {r.state for r in gone.reviews} == {State.ENDED}
