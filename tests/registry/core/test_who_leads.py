"""Who leads a review: proposed, accepted, declined, handed over, escalated, succeeded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import permutations

import pytest

from nhs.london_time import LONDON
from registry.core.decision import Decision, Step
from registry.core.derive import Involvement
from registry.core.due import due_on, wakes_on, working_days_after
from registry.core.knowledge import Knowledge
from registry.core.reviews import CASE_RECORD_REVIEW, Review, State
from registry.core.statement import Statement
from registry.directory.organisation import Directory, Organisation
from tests.registry.core.deciding import DECIDED, People
from tests.registry.core.stating import (
    ICB1,
    KNOWLEDGE,
    MH1,
    ORGANISATIONS,
    P1,
    T1,
    T2,
    TODAY,
    Sender,
    at_time,
)
from tests.registry.core.telling import case_record_review, owners, state

T9, ICB2 = "RT9", "QX2"


def both_trusts() -> tuple[Statement, ...]:
    """T1 discharged before the person died in T2."""
    t1, t2 = Sender(T1), Sender(T2)
    return (
        t1.admits("2026-01-01"),
        t1.discharges("2026-01-05"),
        t2.admits("2026-01-06"),
        t2.discharges("2026-01-10", method="4", died="2026-01-10"),
    )


def review(*decisions: Decision, knowledge: Knowledge = KNOWLEDGE) -> Review:
    return case_record_review(state(*both_trusts(), decisions=decisions, knowledge=knowledge))


def merged(*, on: date) -> Knowledge:
    """T2 is merged into T9 from a date."""
    gone = replace(ORGANISATIONS[1], succeeded_by=T9, succeeded_on=on)
    others = [one for one in ORGANISATIONS if one.ods != T2]
    directory = Directory([*others, gone, Organisation(T9, "Trust Nine", "acute", ICB1)])
    return replace(KNOWLEDGE, directory=directory)


def test_the_proposed_lead_accepts_and_leads_since_then() -> None:
    accepted = People().accept(T2)
    found = review(accepted)
    assert (found.state, found.lead, found.lead_since) == (State.ACCEPTED, T2, accepted.at)
    assert Involvement.LEAD in state(*both_trusts(), decisions=[accepted]).involvement[T2]


def test_each_refusal_proposes_the_next_and_the_board_comes_last() -> None:
    people = People()
    assert review().owner == T2
    first = people.decline(T2, "we only had a day")
    assert review(first).owner == T1
    second = people.decline(T1)
    last = review(first, second)
    assert (last.owner, last.state) == (ICB1, State.PROPOSED)
    assert last.proposed is not None
    assert last.proposed.rule == "area-icb"
    assert [d.reason.text for d in last.course.declined if d.reason] == [
        "we only had a day",
        "not ours",
    ]


def test_with_nobody_left_to_ask_nobody_is_proposed() -> None:
    unknown = replace(KNOWLEDGE, directory=Directory())
    people = People()
    found = review(people.decline(T2), people.decline(T1), knowledge=unknown)
    assert (found.state, found.owner) == (State.NOBODY_PROPOSED, None)


def test_the_board_of_the_practice_is_asked_not_that_of_the_provider() -> None:
    t2_elsewhere = replace(ORGANISATIONS[1], parent=ICB2)
    others = [one for one in ORGANISATIONS if one.ods != T2]
    board = Organisation(ICB2, "Board Two", "icb")
    known = replace(KNOWLEDGE, directory=Directory([*others, t2_elsewhere, board]))
    people = People()
    assert [c.organisation for c in review(knowledge=known).candidates] == [T2, T1, ICB1]
    assert review(people.escalate(), knowledge=known).owner == ICB1
    without_practice = [replace(s, practice=None) for s in both_trusts()]
    found = state(*without_practice, knowledge=known)
    boards = [c.organisation for c in case_record_review(found).candidates if c.rule == "area-icb"]
    assert boards == [ICB1, ICB2]
    assert {ods for ods, why in found.involvement.items() if Involvement.ICB in why} == set(boards)


def test_an_offered_lead_stays_with_its_giver_until_it_is_taken() -> None:
    people = People()
    taken = [people.accept(T2), people.offer(MH1, T2)]
    offered = review(*taken)
    assert (offered.lead, offered.course.offered_to) == (T2, MH1)
    found = state(*both_trusts(), decisions=taken)
    assert Involvement.OFFERED in found.involvement[MH1]
    handed = people.accept(MH1)
    after = review(*taken, handed)
    assert (after.lead, after.course.offered_to, after.lead_since) == (MH1, None, handed.at)
    assert state(*both_trusts(), decisions=[*taken, handed]).decisions == (*taken, handed)


@pytest.mark.parametrize("ends", ["decline", "withdraw"])
def test_an_offer_refused_or_withdrawn_leaves_the_lead_where_it_was(ends: str) -> None:
    people = People()
    taken = [people.accept(T2), people.offer(MH1, T2)]
    taken.append(people.decline(MH1) if ends == "decline" else people.take(Step.WITHDRAW_OFFER, T2))
    after = review(*taken, people.accept(MH1))
    assert (after.lead, after.course.offered_to) == (T2, None)


def test_only_the_first_of_two_acceptances_counts() -> None:
    people = People()
    first, second = people.accept(T2), people.accept(T1)
    for order in permutations((first, second)):
        assert review(*order).lead == T2


def test_a_proposal_unanswered_is_overdue_after_five_working_days_and_goes_to_the_board() -> None:
    began = at_time("2026-04-01T16:00")  # Good Friday and Easter Monday follow
    found = review()
    assert due_on(found, began) == date(2026, 4, 10)
    assert wakes_on(found, began) == date(2026, 4, 11)
    escalated = People().escalate(at=at_time("2026-04-11T00:05"))
    after = review(escalated)
    assert (after.owner, after.course.escalated_at) == (ICB1, escalated.at)
    assert due_on(after, began) == date(2026, 4, 17)
    assert wakes_on(after, began) is None


def test_a_refusal_gives_the_next_one_its_own_time() -> None:
    began = at_time("2026-04-01T16:00")
    declined = replace(People().decline(T2), at=at_time("2026-04-09T09:00"))
    assert due_on(review(declined), began) == date(2026, 4, 16)


def test_an_accepted_review_is_due_and_its_board_is_told_once_for_each_lead() -> None:
    began, people = at_time("2026-03-01T09:00"), People()
    accepted = people.accept(T2)
    found = review(accepted)
    due = working_days_after(date(2026, 3, 1), 60)
    assert due_on(found, began) == due
    assert wakes_on(found, began) == due + timedelta(days=1)
    told = people.escalate(at=accepted.at + timedelta(days=100))
    after = review(accepted, told)
    assert (after.lead, wakes_on(after, began)) == (T2, None)
    offered = people.take(Step.OFFER, T2, to=MH1, at=told.at + timedelta(days=1))
    taken_over = people.take(Step.ACCEPT, MH1, at=told.at + timedelta(days=2))
    assert wakes_on(review(accepted, told, offered, taken_over), began) is not None


@pytest.mark.parametrize("code", ["coroner", "police", "other-process"])
def test_a_review_on_hold_waits_and_goes_on(code: str) -> None:
    people = People()
    taken = [people.accept(T2), people.hold(T2, code)]
    held = review(*taken)
    assert held.state is State.ON_HOLD
    assert held.is_open
    assert held.course.hold is not None
    assert held.course.hold.code == code
    assert due_on(held, DECIDED) is None
    resumed = review(*taken, people.take(Step.RESUME, T2))
    assert (resumed.state, resumed.course.hold) == (State.IN_PROGRESS, None)


def test_an_open_lead_moves_to_the_successor_from_that_date_and_history_keeps_the_old() -> None:
    people = People()
    accepted = people.accept(T2)
    before, after = date(2027, 1, 1), date(2026, 4, 1)
    assert review(accepted, knowledge=merged(on=before)).lead == T2
    found = state(*both_trusts(), decisions=[accepted], knowledge=merged(on=after))
    moved = case_record_review(found)
    assert (moved.lead, moved.lead_since) == (T9, datetime(2026, 4, 1, tzinfo=LONDON))
    assert found.decisions[0].organisation == T2
    assert Involvement.LEAD in found.involvement[T9]
    assert {Involvement.IN_SCOPE, Involvement.REPORTED} <= set(found.involvement[T9])
    judged = people.judge(organisation=T9)
    done = review(accepted, judged, knowledge=merged(on=after))
    assert done.state is State.COMPLETED


def test_who_accepts_after_its_successor_took_over_leads_since_it_accepted() -> None:
    accepted = People().accept(T9)
    assert review(accepted, knowledge=merged(on=date(2026, 2, 1))).lead_since == accepted.at


def test_a_lead_since_does_not_depend_on_the_order_of_equal_times() -> None:
    people = People()
    same = DECIDED + timedelta(days=9)
    taken = [
        people.take(Step.DISAGREE, MH1, at=same),
        people.take(Step.ACCEPT, T2, at=same),
    ]
    known = merged(on=date(2026, 9, 1))
    found = {review(*order, knowledge=known).lead_since for order in permutations(taken)}
    assert found == {datetime(2026, 9, 1, tzinfo=LONDON)}


def test_a_proposal_goes_to_the_successor_and_says_so() -> None:
    found = review(knowledge=merged(on=TODAY))
    assert found.owner == T9
    assert found.proposed is not None
    assert found.proposed.sentence == (
        "The person died in the care of Trust Two. It is now Trust Nine."
    )


def test_a_merged_mental_health_trust_is_not_beside_itself() -> None:
    mh9 = Organisation("RM9", "Mental Health Nine", "mental-health", ICB1)
    gone = replace(ORGANISATIONS[2], succeeded_by="RM9", succeeded_on=date(2026, 4, 1))
    others = [one for one in ORGANISATIONS if one.ods != MH1]
    known = replace(KNOWLEDGE, directory=Directory([*others, gone, mh9]))
    mh1 = Sender(MH1)
    died = mh1.discharges("2026-01-10", method="4", died="2026-01-10")
    assert owners(state(died, knowledge=known)) == {CASE_RECORD_REVIEW: "RM9"}


def test_the_mental_health_review_declined_goes_to_the_board() -> None:
    people, mh1 = People(), Sender(MH1)
    story = (mh1.admits("2025-01-05", kind="AMB"), *both_trusts())
    route = "mental-health-care-review"
    declined = people.decline(MH1, route=route)
    assert owners(state(*story))[route] == MH1
    assert owners(state(*story, decisions=[declined]))[route] == ICB1


def test_the_practice_is_never_asked_to_lead() -> None:
    found = review()
    assert P1 not in {c.organisation for c in found.candidates}
