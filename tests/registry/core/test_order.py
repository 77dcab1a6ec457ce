"""The rule everything rests on, as properties: order, repetition and batching change nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import TypeVar

from hypothesis import given, note
from hypothesis import strategies as st

from registry.core import concern, decision, identity, statement
from registry.core.derive import PersonState, derive
from registry.core.flags import NAMES
from registry.core.reviews import CASE_RECORD_REVIEW, State
from registry.core.statement import DeathStated, NationalStatus, Statement, Verdict
from tests.registry.core import story
from tests.registry.core.effort import ordinary, patience, thorough
from tests.registry.core.histories import KNOWN, Whole, histories, wholes
from tests.registry.core.stating import NATION, Sender
from tests.registry.core.telling import NUMBERS

pytestmark = patience

__all__ = ["histories"]  # told to a database as well, by the store's tests

Part = TypeVar("Part")
LATER = "2026-02-02T09:00"


def end(whole: Whole) -> list[PersonState]:
    """The state of everybody in a cluster, as people with these facts and decisions."""
    return [
        derive(person, whole.decisions, KNOWN, whole.concerns)
        for person in identity.persons(set(whole.history), NUMBERS)
    ]


def tell(whole: Whole) -> None:
    """Prints the story beside a counter-example."""
    note(story.told(whole.history))
    note(story.decided(whole.decisions))
    note(story.raised(whole.concerns))


def again(part: Iterable[Part], random: Random) -> list[Part]:
    """The same, in another order, some of it several times."""
    repeated = list(part)
    repeated += random.choices(repeated, k=3) if repeated else []
    random.shuffle(repeated)
    return repeated


@thorough
@given(wholes(), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_end_in_the_same_state(whole: Whole, random: Random) -> None:
    tell(whole)
    shuffled = Whole(
        again(whole.history, random), again(whole.decisions, random), again(whole.concerns, random)
    )
    assert end(shuffled) == end(whole)


@ordinary
@given(histories, st.randoms(use_true_random=False))
def test_who_is_who_does_not_depend_on_repetition(history: list[Statement], random: Random) -> None:
    note(story.told(history))
    often = identity.persons(again(history, random), NUMBERS)
    once = identity.persons(set(history), NUMBERS)
    assert [replace(p, statements=()) for p in often] == [replace(p, statements=()) for p in once]
    assert [set(p.statements) for p in often] == [set(p.statements) for p in once]


@ordinary
@given(wholes())
def test_what_was_kept_and_read_back_ends_in_the_same_state(whole: Whole) -> None:
    tell(whole)
    kept = Whole(
        [statement.from_json(statement.to_json(s)) for s in whole.history],
        [decision.from_json(decision.to_json(d)) for d in whole.decisions],
        [concern.concern_from_json(concern.concern_to_json(c)) for c in whole.concerns],
    )
    assert end(kept) == end(whole)


@ordinary
@given(wholes())
def test_each_person_has_one_case_record_review_at_most_and_each_route_once(whole: Whole) -> None:
    tell(whole)
    for state in end(whole):
        routes = [review.route.code for review in state.reviews]
        assert len(routes) == len(set(routes))
        is_needed = state.is_in_scope and state.death and not state.death.is_stillbirth
        assert not is_needed or CASE_RECORD_REVIEW in routes


@ordinary
@given(histories)
def test_without_decisions_a_review_stands_exactly_where_the_death_is_in_scope(
    history: list[Statement],
) -> None:
    note(story.told(history))
    for state in end(Whole(history, [], [])):
        assert all(
            review.state in (State.PROPOSED, State.NOBODY_PROPOSED) for review in state.reviews
        )
        assert bool(state.reviews) is state.is_in_scope
        assert state.is_in_scope <= (state.death is not None)


def retractions(history: Iterable[Statement]) -> list[Statement]:
    """Everybody who said that somebody died takes it back later, of the same record."""
    taken_back: list[Statement] = []
    for number, said in enumerate(history):
        if said.says_died or said.says_stillborn:
            status = NationalStatus.REMOVED if said.source == NATION else None
            back = Sender(said.source, said.identifiers, None).states(
                "A31", LATER, death=DeathStated(Verdict.RETRACTED, None, status)
            )
            taken_back.append(replace(back, control_id=str(number)))
    return taken_back


@thorough
@given(wholes())
def test_a_retracted_death_leaves_nothing_open_and_loses_no_decision(whole: Whole) -> None:
    tell(whole)
    for state in end(replace(whole, history=[*whole.history, *retractions(whole.history)])):
        assert state.death is None
        assert {review.state for review in state.reviews} <= {State.ENDED}
        assert not any(review.is_open for review in state.reviews)
        assert set(state.decisions) == set(whole.decisions)
        led = {d.route for d in whole.decisions} & {r.code for r in KNOWN.rulebook.routes}
        assert {review.route.code for review in state.reviews} == led


@ordinary
@given(wholes())
def test_every_flag_has_evidence_and_stands_once(whole: Whole) -> None:
    tell(whole)
    for state in end(whole):
        assert all(flag.evidence for flag in state.flags)
        assert len({flag.code for flag in state.flags}) == len(state.flags)


@ordinary
@given(wholes())
def test_only_a_confirmed_flag_makes_a_review_required(whole: Whole) -> None:
    tell(whole)
    for state in end(whole):
        confirmed = {flag.code for flag in state.flags if flag.is_confirmed}
        for review in state.reviews:
            assert {c.code for c in review.criteria} & set(NAMES) <= confirmed


@ordinary
@given(histories)
def test_each_statement_that_identifies_somebody_belongs_to_exactly_one_person(
    history: list[Statement],
) -> None:
    note(story.told(history))
    unique = set(history)
    persons = identity.persons(unique, NUMBERS)
    assert sorted(s.order for p in persons for s in p.statements) == sorted(s.order for s in unique)
    found_by = [i for p in persons for i in p.found_by]
    assert len(found_by) == len(set(found_by))
