"""National death notifications beside what trusts say."""

from __future__ import annotations

from itertools import permutations

import pytest

from registry.core.derive import PersonState
from registry.core.reviews import CASE_RECORD_REVIEW, State
from registry.core.scope import Relation
from registry.core.statement import NationalStatus, Statement
from tests.registry.core.deciding import People
from tests.registry.core.stating import NATION, T1, Nation, Sender
from tests.registry.core.telling import asked, case_record_review, owners, relations, state

FORMAL, INFORMAL, REMOVED = NationalStatus.FORMAL, NationalStatus.INFORMAL, NationalStatus.REMOVED


def left_and_died(local: str | None, *national: Statement) -> PersonState:
    t1 = Sender()
    return state(
        t1.discharges("2026-01-10", at="2026-01-10T12:00"),
        t1.reports(local, at="2026-03-01T09:00"),
        *national,
    )


def died(of: PersonState) -> str | None:
    return of.death.at.text if of.death and of.death.at else None


def test_the_registered_date_stands_above_the_trusts_and_the_trust_is_asked() -> None:
    formal = Nation().notifies(FORMAL, "2026-01-20", at="2026-02-01T09:00")
    found = left_and_died("2026-01-22", formal)
    assert died(found) == "2026-01-20"
    assert found.death is not None
    assert found.death.claim.source == NATION
    question = asked(found)["death-date-differs"]
    assert question.owner == T1
    assert "20 January 2026" in question.sentence
    assert "22 January 2026" in question.sentence


def test_an_informal_date_does_not_stand_above_the_trusts_newer_one() -> None:
    informal = Nation().notifies(INFORMAL, "2026-01-20", at="2026-02-01T09:00")
    assert died(left_and_died("2026-01-22", informal)) == "2026-01-22"
    assert "death-date-differs" not in asked(left_and_died("2026-01-22", informal))


@pytest.mark.parametrize(
    ("registered", "local", "taken"),
    [
        ("2026-01", "2026-01-22", "2026-01-22"),
        ("2026-01-22", "2026-01-22T08:34:00+00:00", "2026-01-22T08:34:00+00:00"),
        ("2026-01", "2026-02-22", "2026-01"),
        ("2026-01-22", "2026-01", "2026-01-22"),
        (None, "2026-01-22", "2026-01-22"),
    ],
)
def test_a_local_date_that_agrees_makes_the_registered_one_more_precise(
    registered: str | None, local: str, taken: str
) -> None:
    formal = Nation().notifies(FORMAL, registered, at="2026-02-01T09:00")
    found = left_and_died(local, formal)
    assert died(found) == taken
    assert found.death is not None
    assert found.death.claim.is_formal
    assert ("death-date-differs" in asked(found)) is (local == "2026-02-22")


def test_a_removal_while_a_trust_still_claims_keeps_the_case_and_asks_the_trust() -> None:
    t1, nation = Sender(), Nation()
    story = (
        t1.discharges("2026-01-10"),
        t1.reports("2026-01-20"),
        nation.notifies(INFORMAL, "2026-01-20", at="2026-02-01T09:00"),
        nation.notifies(REMOVED, at="2026-02-02T09:00"),
    )
    for order in permutations(story):
        found = state(*order)
        assert owners(found) == {CASE_RECORD_REVIEW: T1}
        assert found.death is not None
        assert found.death.claim.source == T1
        assert asked(found)["death-removed-nationally"].owner == T1
    again = nation.notifies(FORMAL, "2026-01-20", at="2026-02-03T09:00")
    assert asked(state(*story, again)) == {}
    taken_back = t1.takes_back(at="2026-02-03T09:00")
    found = state(*story, taken_back)
    assert (found.death, asked(found)) == (None, {})


def test_a_registered_date_out_of_the_thirty_days_leaves_the_review_to_its_lead() -> None:
    t1, nation, people = Sender(), Nation(), People()
    story = (t1.discharges("2026-01-10"), t1.reports("2026-02-05"))
    formal = nation.notifies(FORMAL, "2026-02-12", at="2026-03-01T09:00")
    assert relations(state(*story)) == {T1: (Relation.AFTER_DISCHARGE, 26)}
    found = state(*story, formal, decisions=[people.accept(T1)])
    assert relations(found) == {T1: (Relation.TOO_LATE, 33)}
    assert case_record_review(found).state is State.OUT_OF_SCOPE
    assert asked(found)["death-date-differs"].owner == T1


def test_a_death_at_midnight_utc_is_that_day_in_summer_too() -> None:
    formal = Nation().notifies(FORMAL, "2026-07-20T00:00:00+00:00", at="2026-08-01T09:00")
    t1 = Sender()
    found = state(t1.discharges("2026-06-20"), formal)
    assert relations(found) == {T1: (Relation.AFTER_DISCHARGE, 30)}


def test_an_answered_question_stays_answered() -> None:
    formal = Nation().notifies(FORMAL, "2026-01-20", at="2026-02-01T09:00")
    t1 = Sender()
    story = (t1.discharges("2026-01-10"), t1.reports("2026-01-22"), formal)
    question = asked(state(*story))["death-date-differs"]
    answer = People().answers(question.route)
    assert asked(state(*story, decisions=[answer]))["death-date-differs"].answered == answer
