"""The fold of decisions: whatever is presented, in whatever order, there is one course."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import given, note
from hypothesis import strategies as st

from registry.core.decision import REGISTRY, Decision, Reason, Step
from registry.core.lifecycle import Course, Progress, course
from registry.core.reviews import CASE_RECORD_REVIEW
from tests.registry.core.deciding import DECIDED, People
from tests.registry.core.effort import ordinary, patience, thorough
from tests.registry.core.stating import ICB1, MH1, T1, T2
from tests.registry.core.story import decided

pytestmark = patience

ORGANISATIONS = [T1, T2, MH1, ICB1]
# What anybody may say; every other step is the lead's, or whoever is asked to lead takes it.
OPEN_TO_ALL = {Step.JOIN, Step.LEAVE, Step.DISAGREE, Step.ESCALATE}
ASKED = {Step.ACCEPT, Step.DECLINE}
OFTEN = [Step.ACCEPT, Step.OFFER, Step.OFFER, Step.OFFER, Step.DECLINE, Step.DECLINE]


@st.composite
def decisions(draw: st.DrawFn) -> list[Decision]:
    """Steps by anybody, allowed or not, numbered as they were made."""
    made: list[Decision] = []
    for number in range(1, draw(st.integers(0, 12)) + 1):
        step = draw(st.sampled_from([*Step, *OFTEN]))
        by = REGISTRY if step is Step.ESCALATE else draw(st.sampled_from(ORGANISATIONS))
        made.append(
            Decision(
                CASE_RECORD_REVIEW,
                step,
                by,
                DECIDED + timedelta(hours=draw(st.integers(0, 3))),
                number,
                to=draw(st.sampled_from(ORGANISATIONS)) if step is Step.OFFER else None,
                reason=Reason("a reason"),
                selected=draw(st.booleans()) if step is Step.SCREEN else None,
            )
        )
    return made


@thorough
@given(decisions(), st.randoms(use_true_random=False))
def test_the_fold_does_not_depend_on_the_order_of_presentation(
    made: list[Decision], random: Random
) -> None:
    note(decided(made))
    shuffled = list(made)
    random.shuffle(shuffled)
    assert course(shuffled) == course(made)


@thorough
@given(decisions())
def test_a_lead_is_never_lost_and_passes_only_to_whom_it_was_offered(made: list[Decision]) -> None:
    note(decided(made))
    before = Course()
    for count in range(1, len(made) + 1):
        after, step = course(made[:count]), made[count - 1]
        if after.lead != before.lead:
            assert step.step is Step.ACCEPT
            assert after.lead == step.organisation
            assert before.lead is None or before.offered_to == step.organisation
            assert (after.lead_since, after.offered_to) == (step.at, None)
        assert after.lead is not None or before.lead is None
        assert (after.progress is Progress.PROPOSED) is (after.lead is None)
        assert after.lead not in after.contributors
        before = after


@ordinary
@given(decisions())
def test_only_the_lead_and_whoever_is_asked_move_a_review(made: list[Decision]) -> None:
    note(decided(made))
    before = Course()
    for count in range(1, len(made) + 1):
        after, step = course(made[:count]), made[count - 1]
        is_lead, is_taker = (step.organisation == who for who in (before.lead, before.offered_to))
        may_answer = before.lead is None or is_taker
        if step.step not in OPEN_TO_ALL and not (may_answer if step.step in ASKED else is_lead):
            assert after == before
        before = after


@ordinary
@given(decisions())
def test_no_word_is_lost(made: list[Decision]) -> None:
    note(decided(made))
    found = course(made)
    disagreements = tuple(d for d in made if d.step is Step.DISAGREE)
    assert found.disagreements == disagreements
    led = next((d.number for d in made if d.step is Step.ACCEPT), len(made) + 1)
    refusals = tuple(d for d in made if d.step is Step.DECLINE and d.number < led)
    assert found.declined == refusals
    escalations = [d.at for d in made if d.step is Step.ESCALATE]
    assert found.escalated_at == (escalations[-1] if escalations else None)


def test_a_refusal_by_somebody_else_leaves_the_offer_standing() -> None:
    people = People()
    taken = [people.accept(T1), people.offer(MH1), people.decline(T2)]
    found = course(taken)
    assert (found.lead, found.offered_to, found.declined) == (T1, MH1, ())
    assert course([*taken, people.decline(MH1)]).offered_to is None


def test_reopened_after_screening_out_is_not_screened() -> None:
    people = People()
    taken = [people.accept(), people.screen(selected=False), people.take(Step.REOPEN)]
    found = course(taken)
    assert (found.progress, found.selected) == (Progress.IN_PROGRESS, None)
    assert (found.completed_at, found.closed_because) == (None, None)


def test_a_completed_review_is_reopened_and_completed_anew_with_the_new_judgement() -> None:
    people = People()
    taken = [people.accept(), people.judge("6"), people.take(Step.REOPEN), people.judge("1")]
    found = course(taken)
    assert found.progress is Progress.COMPLETED
    assert [o.code for o in found.outcomes] == ["1"]
    assert found.completed_at == taken[-1].at
