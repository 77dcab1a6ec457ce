"""The rule everything rests on, as properties: order, repetition and batching change nothing."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from registry.core import identity
from registry.core.derive import PersonState, derive
from registry.core.identity import NumberPolicy
from registry.core.reviews import State
from registry.core.statement import DeathStated, Statement, StayStated, Verdict
from tests.registry.core.stating import (
    DIRECTORY,
    NUMBER,
    OTHER_NUMBER,
    T1,
    T2,
    Sender,
    evidence,
    mrn,
)

POLICY = NumberPolicy(allow_test_numbers=True)
DAYS = [f"2026-01-{day:02d}" for day in range(1, 28)] + ["2026-01", "2026-02-20"]

days = st.sampled_from(DAYS)
stays = st.builds(
    StayStated,
    number=st.sampled_from(["V1", "V2"]),
    status=st.just("in-progress"),
    encounter_class=st.sampled_from(["IMP", "EMER", "UNK"]),
    admitted=st.none() | days,
    discharged=st.none() | days,
    discharge_deleted=st.booleans(),
    discharge_method=st.none() | st.sampled_from(["1", "4", "5"]),
    discharge_destination=st.none() | st.sampled_from(["19", "79"]),
)
deaths = st.builds(DeathStated, verdict=st.sampled_from(Verdict), at=st.none() | days)
flagged = st.sampled_from(
    [
        evidence("F72", "learning-disability"),
        evidence("F72", "learning-disability", withdrawn=True),
        evidence("F20.0", "severe-mental-illness"),
        evidence("F81.9", "possible-learning-disability"),
    ]
)
local = {trust: [mrn(v, trust) for v in "AB"] for trust in (T1, T2)}


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    trust = draw(st.sampled_from([T1, T2]))
    number = draw(st.sampled_from([(), (NUMBER,), (OTHER_NUMBER,)]))
    own = (draw(st.sampled_from(local[trust])), *number)
    trigger = draw(st.sampled_from(["A01", "A03", "A08", "A11", "A13", "A31", "A40"]))
    prior = (draw(st.sampled_from(local[trust])),) if trigger == "A40" else ()
    hour, minute = draw(st.integers(0, 23)), draw(st.integers(0, 1))
    said = Sender(trust, own).states(
        trigger,
        f"2026-02-01T{hour:02d}:0{minute}",
        prior=prior,
        stay=draw(st.none() | stays),
        death=draw(st.none() | deaths),
        evidence=tuple(draw(st.lists(flagged, max_size=2))),
    )
    return replace(said, control_id=str(draw(st.integers(1, 3))))


histories = st.lists(statements(), max_size=8)


def end(history: list[Statement]) -> list[PersonState]:
    return [derive(p, (), DIRECTORY) for p in identity.persons(set(history), POLICY)]


@given(histories, st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_end_in_the_same_state(
    history: list[Statement], random: Random
) -> None:
    shuffled = history + random.choices(history, k=3) if history else []
    random.shuffle(shuffled)
    assert end(shuffled) == end(history)


@given(histories)
def test_a_review_is_open_exactly_when_the_death_is_in_scope(history: list[Statement]) -> None:
    for state in end(history):
        is_open = any(r.state is State.PROPOSED for r in state.reviews)
        assert is_open is state.is_in_scope
        assert state.is_in_scope <= (state.death is not None)


@given(histories)
def test_every_proposed_lead_is_involved_and_every_flag_has_evidence(
    history: list[Statement],
) -> None:
    for state in end(history):
        assert {r.owner for r in state.reviews if r.owner} <= set(state.involvement)
        assert all(flag.evidence for flag in state.flags)


@given(histories)
def test_each_statement_belongs_to_exactly_one_person(history: list[Statement]) -> None:
    unique = set(history)
    persons = identity.persons(unique, POLICY)
    assert sorted(s.order for p in persons for s in p.statements) == sorted(s.order for s in unique)


@given(histories)
def test_only_a_confirmed_list_makes_a_review_required(history: list[Statement]) -> None:
    for state in end(history):
        for review in state.reviews:
            assert all(c.flag.is_confirmed for c in review.criteria)
