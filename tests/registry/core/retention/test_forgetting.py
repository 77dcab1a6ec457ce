"""Forgetting the living, as properties: it never changes what a death would bring about."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from registry.core.retention.holdings import holdings
from registry.core.statement import (
    Statement,
    StayStated,
)
from tests.registry.core.effort import ordinary, patience
from tests.registry.core.retention.facts import (
    ALLOWANCE,
    CRISIS_TEAM,
    TODAY,
    fact,
    stay,
    terms,
    the_only,
)
from tests.registry.core.retention.histories import (
    dates,
    deaths_told,
    end,
    flagged,
    forget,
    histories,
    in_scope,
    joins_nobody,
    late,
)
from tests.registry.core.stating import (
    MH1,
    T2,
    Sender,
)

pytestmark = patience


@ordinary
@given(histories, st.data())
def test_forgetting_changes_nothing_that_a_death_would_bring_about(
    history: list[Statement], data: st.DataObject
) -> None:
    facts, on = [late(s) for s in history], TODAY
    remaining = forget(facts, on, CRISIS_TEAM)
    assume(len(remaining) < len(facts) or [f.statement for f in remaining] != history)
    death, told_on = data.draw(deaths_told(on, [f.statement for f in facts]))
    assume(joins_nobody(death, history))
    before, after = end(facts, death, told_on), end(remaining, death, told_on)
    for one, other in zip(before, after, strict=True):
        assert in_scope(one) == in_scope(other)
        assert flagged(one) == flagged(other)
        assert one.reviews == other.reviews


MOTHER = Sender().states(
    "A03",
    "2024-01-10T12:00",
    stay=StayStated("V1", "finished", "IMP", "2024-01-09", "2024-01-10", admission_method="31"),
)


@pytest.mark.parametrize(
    "told",
    [
        stay(Sender(), "2024-01-01", "2024-01-10"),
        stay(Sender(MH1), "2024-01-01", "2024-01-31", "AMB"),
        MOTHER,
    ],
    ids=["inpatient", "mental-health contact", "maternity"],
)
def test_the_last_day_is_the_last_on_which_a_death_would_bring_anything_about(
    told: Statement,
) -> None:
    last_day = the_only(told, on=date(2024, 2, 1)).until
    assert last_day is not None
    for on, matters in ((last_day, True), (last_day + timedelta(days=1), False)):
        died = (on - timedelta(days=ALLOWANCE)).isoformat()
        death = Sender(T2).discharges(died, "V2", method="4", died=died, at=f"{on}T12:00")
        (before,) = end([fact(told)], death, on)
        (after,) = end(forget([fact(told)], on), death, on)
        is_in_scope = any(f.spell.provider == told.source for f in in_scope(before))
        is_maternal = any(r.route.code == "maternal-death-review" for r in before.reviews)
        assert (is_in_scope or is_maternal) is matters
        assert (in_scope(before), before.reviews) == (in_scope(after), after.reviews)


@ordinary
@given(histories, dates)
def test_forgetting_twice_is_forgetting_once(history: list[Statement], on: date) -> None:
    facts = [late(s) for s in history if late(s).came_on <= on]
    once = forget(facts, on)
    assert forget(once, on) == once


@ordinary
@given(histories, dates, st.integers(0, 4000))
def test_forgetting_on_the_way_changes_nothing_later(
    history: list[Statement], on: date, days: int
) -> None:
    facts = [late(s) for s in history if late(s).came_on <= on]
    later = on + timedelta(days=days)
    assert forget(forget(facts, on), later) == forget(facts, later)


@ordinary
@given(histories, dates, st.integers(0, 4000))
def test_what_is_forgotten_does_not_come_back_and_nothing_goes_before_its_day(
    history: list[Statement], on: date, days: int
) -> None:
    facts = [late(s) for s in history if late(s).came_on <= on]
    later = on + timedelta(days=days)
    for now, then in zip(
        holdings(facts, terms(on), is_shown=False),
        holdings(facts, terms(later), is_shown=False),
        strict=True,
    ):
        if now.is_erased:
            assert then.is_erased
        if now.look_on is not None and later < now.look_on:
            assert then.remains == now.remains


@ordinary
@given(histories, st.data())
def test_nothing_of_a_person_with_a_death_is_touched(
    history: list[Statement], data: st.DataObject
) -> None:
    death, _ = data.draw(deaths_told(TODAY, history))
    facts = [late(s) for s in (*history, death)]
    assert {f.statement for f in forget(facts, date(2060, 1, 1))} == {*history, death}


@ordinary
@given(histories)
def test_in_the_end_nothing_is_left(history: list[Statement]) -> None:
    assert forget([late(s) for s in history], date(2060, 1, 1)) == []


@ordinary
@given(histories, dates)
def test_whatever_is_held_has_a_reason_that_is_not_over(history: list[Statement], on: date) -> None:
    facts = [late(s) for s in history if late(s).came_on <= on]
    for holding in holdings(facts, terms(on), is_shown=False):
        assert holding.is_erased is not bool(holding.reasons)
        assert all(reason.until and reason.until >= on for reason in holding.reasons)
        assert all(reason.sentence.endswith(".") for reason in holding.reasons)
