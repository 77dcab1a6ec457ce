"""Cancels, corrections, merges and repeats: told in any order, they end in the same state."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from registry.core.derive import Involvement
from registry.core.needs import OUT_OF_SCOPE
from registry.core.reviews import CASE_RECORD_REVIEW, State
from registry.core.scope import Relation
from registry.core.statement import Identifier, Statement
from tests.registry.core.deciding import People
from tests.registry.core.stating import NUMBER, T1, Sender, mrn
from tests.registry.core.telling import asked, case_record_review, owners, relations, state, states

A, B = mrn("A"), mrn("B")


def test_a_cancelled_discharge_takes_its_death_with_it() -> None:
    t1 = Sender()
    admitted = t1.admits("2026-01-05")
    died = t1.discharges("2026-01-10", method="4", died="2026-01-10")
    cancelled, alive = t1.cancels("A13"), t1.discharges("2026-01-12")
    assert state(admitted, died).is_in_scope
    for order in permutations((admitted, died, cancelled, alive)):
        found = state(*order)
        assert (found.death, found.reviews) == (None, ())
        assert found.spells[0].discharged is not None


def test_a_cancel_whose_discharge_never_comes_cancels_nothing_else() -> None:
    t1 = Sender()
    admitted, cancelled = t1.admits("2026-01-05"), t1.cancels("A13")
    died = t1.reports("2026-01-10")
    for order in permutations((admitted, cancelled, died)):
        assert relations(state(*order)) == {T1: (Relation.DIED_IN_SPELL, None)}


def _corrected() -> tuple[Statement, ...]:
    t1 = Sender()
    return (
        t1.admits("2026-01-01"),
        t1.discharges("2026-01-25", at="2026-01-25T09:00"),
        t1.reports("2026-02-19", at="2026-02-20T09:00"),
        t1.discharges("2026-01-15", trigger="A08", at="2026-03-01T09:00"),
    )


def test_a_discharge_corrected_to_35_days_before_leaves_the_accepted_review_to_its_lead() -> None:
    story = _corrected()
    assert relations(state(*story[:3])) == {T1: (Relation.AFTER_DISCHARGE, 25)}
    assert relations(state(*story)) == {T1: (Relation.TOO_LATE, 35)}
    assert state(*story).reviews == ()
    people = People()
    found = state(*story, decisions=[people.accept(T1)])
    review = case_record_review(found)
    assert (review.state, review.lead, review.ended_because) == (
        State.OUT_OF_SCOPE,
        T1,
        OUT_OF_SCOPE,
    )
    assert Involvement.LEAD in found.involvement[T1]


def test_the_lead_of_a_review_out_of_scope_closes_it_and_new_facts_open_it_again() -> None:
    story, people = _corrected(), People()
    taken = [people.accept(T1), people.close(T1)]
    assert case_record_review(state(*story, decisions=taken)).state is State.CLOSED
    again = Sender(T1).discharges("2026-01-25", trigger="A08", at="2026-04-01T09:00")
    assert case_record_review(state(*story, again, decisions=taken)).state is State.ACCEPTED


@pytest.mark.parametrize("is_new", [False, True])
def test_the_same_message_five_times_is_one_spell_and_one_case(is_new: bool) -> None:
    t1 = Sender()
    died = t1.discharges("2026-01-10", method="4", died="2026-01-10")
    repeats = [
        replace(died, control_id=f"RT1-{90 + n}" if is_new else died.control_id) for n in range(5)
    ]
    once, often = state(died), state(died, *repeats)
    assert often.spells == once.spells
    assert [r.route.code for r in often.reviews] == [CASE_RECORD_REVIEW]
    assert owners(often) == owners(once)
    assert len({r.content_hash for r in repeats}) == 1


def test_a_merge_joins_spell_and_death_before_or_after_them() -> None:
    a, b = Sender(identifiers=(A,)), Sender(identifiers=(B, NUMBER))
    stay = a.discharges("2026-01-10")
    died = b.reports("2026-01-20")
    merge = b.states("A40", at="2026-01-21T09:00", prior=(A,))
    assert not any(one.is_in_scope for one in states(stay, died))
    for order in permutations((stay, died, merge)):
        found = state(*order)
        assert owners(found) == {CASE_RECORD_REVIEW: T1}
        assert found.person.key == NUMBER


def test_a_wrong_merge_undone_leaves_the_case_with_the_right_one() -> None:
    a, b = Sender(identifiers=(A,)), Sender(identifiers=(B, NUMBER))
    of_a = a.discharges("2026-01-10")
    of_b = (b.discharges("2026-01-12", "V2"), b.reports("2026-01-20"))
    merge = b.states("A40", at="2026-02-01T09:00", prior=(A,))
    undone = (
        a.states("A37", at="2026-02-02T09:00", unlinked=(B, NUMBER)),
        b.states("A37", at="2026-02-02T09:00", unlinked=(A,)),
    )
    (joined,) = states(of_a, *of_b, merge)
    assert len(joined.spells) == 2
    apart = {one.person.key: one for one in states(of_a, *of_b, merge, *undone)}
    assert set(apart) == {A, NUMBER}
    assert owners(apart[NUMBER]) == {CASE_RECORD_REVIEW: T1}
    assert (apart[A].death, apart[A].reviews) == (None, ())


@pytest.mark.parametrize("dummy", ["9990000019", "9999999999", "3333333333"])
def test_a_number_that_fails_identifies_nobody_and_is_asked_about(dummy: str) -> None:
    bad = Identifier(NUMBER.system, dummy)
    t1 = Sender(identifiers=(bad, A))
    other = Sender("RT2", identifiers=(bad, mrn("Z", "RT2")))
    died = t1.discharges("2026-01-10", method="4", died="2026-01-10")
    of_other = other.admits("2026-01-01")
    found = {
        one.person.key: one
        for one in states(replace(died, issues=("nhs-number-invalid",)), of_other)
    }
    assert set(found) == {A, mrn("Z", "RT2")}
    assert asked(found[A])["nhs-number-invalid"].owner == T1
    assert found[mrn("Z", "RT2")].inquiries == ()


def test_a_cancelled_admission_is_in_nobodys_scope_until_the_person_is_there_again() -> None:
    t1 = Sender()
    story = (t1.admits("2026-01-05"), t1.cancels("A11"))
    died = t1.reports("2026-01-10", at="2026-01-20T09:00")
    for order in permutations((*story, died)):
        found = state(*order)
        assert found.death is not None
        assert (found.findings, found.reviews) == ((), ())
    again = t1.admits("2026-01-06", at="2026-01-19T09:00")
    assert relations(state(*story, died, again)) == {T1: (Relation.DIED_IN_SPELL, None)}
