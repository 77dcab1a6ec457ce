"""The quarterly return: what is counted, where, and how it changes after its publication."""

from __future__ import annotations

from dataclasses import replace

import pytest

from registry.returns import definitions as d
from registry.returns.count import Count
from registry.returns.definitions import Measure, Population
from registry.returns.history import DeathHistory, Deaths, Known
from registry.returns.periods import Quarter
from registry.returns.quarterly import QuarterlyReturn, quarterly_return, updates
from registry.returns.reviewed_death import (
    Action,
    AgeGroup,
    Evidence,
    Judgement,
    Place,
    Review,
    State,
    Theme,
)
from registry.returns.scales import PRISM, RCP_NQB
from tests.registry.returns.made import (
    CASE_RECORD_REVIEW,
    INVESTIGATION,
    OTHER_TRUST,
    death,
    done,
    judged,
    known,
    moment,
    of_trust,
)

Q1 = Quarter.parse("2026-27-Q1")
NOW = moment("2027-01-01")


def number(one: QuarterlyReturn, population: Population, measure: Measure) -> int | None:
    return one.figure(population, measure).count.number


def counted(deaths: Deaths) -> QuarterlyReturn:
    return quarterly_return(deaths, Q1, NOW)


def test_deaths_are_counted_by_group() -> None:
    one = counted(
        of_trust(
            death("1"),
            death("2", age=AgeGroup.UNDER_18, learning_disability=Evidence.CONFIRMED),
            death("3", age=AgeGroup.UNKNOWN, severe_mental_illness=Evidence.POSSIBLE),
            death("4", severe_mental_illness=Evidence.CONFIRMED),
            death("5", learning_disability=Evidence.POSSIBLE),
            death("6", place=Place.AFTER_DISCHARGE, learning_disability=Evidence.CONFIRMED),
            death("7", "2026-07-01"),
        )
    )
    expected = {
        d.ALL_IN_CARE: 5,
        d.ADULTS: 3,
        d.UNDER_18: 1,
        d.AGE_UNKNOWN: 1,
        d.LEARNING_DISABILITY: 1,
        d.LEARNING_DISABILITY_POSSIBLE: 1,
        d.SEVERE_MENTAL_ILLNESS: 1,
        d.SEVERE_MENTAL_ILLNESS_POSSIBLE: 1,
        d.AFTER_DISCHARGE: 1,
    }
    assert {p: number(one, p, d.DEATHS) for p in d.POPULATIONS} == expected


def test_a_death_on_hold_for_an_inquest_is_ongoing() -> None:
    one = counted(of_trust(death("1", "2026-05-10", Review(CASE_RECORD_REVIEW, State.ON_HOLD))))
    assert number(one, d.ALL_IN_CARE, d.ONGOING) == 1
    assert number(one, d.ALL_IN_CARE, d.REVIEWED) == 0


def test_each_review_counts_as_what_it_is() -> None:
    screened_out = replace(done(), is_selected=False)
    one = counted(
        of_trust(
            death("1", "2026-05-10", done(), done(route=INVESTIGATION)),
            death("2", "2026-05-10", screened_out),
            death("3", "2026-05-10", Review(CASE_RECORD_REVIEW, State.PROPOSED)),
            death("4", "2026-05-10", Review(INVESTIGATION, State.IN_PROGRESS), done()),
            death("5", "2026-05-10", done(route="leder")),
            death("6", "2026-05-10", Review("leder", State.ACCEPTED)),
            death("7", "2026-05-10", Review(CASE_RECORD_REVIEW, State.ENDED)),
            death("8", "2026-05-10", done(route="mental-health-care-review")),
        )
    )
    expected = {
        d.REVIEWED: 3,
        d.INVESTIGATED: 1,
        d.REVIEWED_OR_INVESTIGATED: 3,
        d.REVIEWED_ELSEWHERE: 1,
        d.ONGOING: 1,
        d.AWAITED: 1,
    }
    assert {m: number(one, d.ALL_IN_CARE, m) for m in expected} == expected


@pytest.mark.parametrize("score", "123456")
def test_the_two_scales_run_in_opposite_directions(score: str) -> None:
    one = counted(
        of_trust(
            death("1", "2026-05-10", judged(score)),
            death("2", "2026-05-10", judged(score, RCP_NQB)),
        )
    )
    due = {
        scale.code: number(one, d.ALL_IN_CARE, d.JUDGED[scale.code]) for scale in (PRISM, RCP_NQB)
    }
    assert due == {"prism": int(score >= "4"), "rcp-nqb": int(score <= "3")}


def test_no_figure_adds_up_scales() -> None:
    one = counted(
        of_trust(
            death("1", "2026-05-10", judged("6")),
            death("2", "2026-05-10", judged("1", RCP_NQB)),
        )
    )
    due = [f for f in one.figures if "due-to-problems" in f.measure.code]
    assert all(f.measure.scale is not None for f in due)
    assert {f.count.number for f in due} == {0, 1}
    assert {f.measure.scale.name for f in due if f.measure.scale} == {PRISM.name, RCP_NQB.name}


def test_the_latest_review_on_a_scale_decides_and_others_are_kept_apart() -> None:
    first = done((PRISM, "6"), at="2026-06-01")
    second = done((PRISM, "1"), route=INVESTIGATION, at="2026-07-01")
    grade = Review(
        CASE_RECORD_REVIEW,
        State.COMPLETED,
        completed_at=moment("2026-07-02"),
        judgements=(Judgement("https://example.org/grade-a-to-e", "D"),),
    )
    one = counted(
        of_trust(death("1", "2026-05-10", first, second), death("2", "2026-05-10", grade))
    )
    assert number(one, d.ALL_IN_CARE, d.JUDGED["prism"]) == 0
    assert number(one, d.ALL_IN_CARE, d.JUDGED_OTHERWISE) == 1


def test_a_month_counts_where_its_quarter_is_certain() -> None:
    one = counted(of_trust(death("1", "2026-06"), death("2", "2026"), death("3", "2027")))
    assert number(one, d.ALL_IN_CARE, d.DEATHS) == 1
    assert one.not_certain == Count(1)


def test_a_review_completed_after_publication_updates_the_quarter_of_death() -> None:
    under_way = death("1", "2026-05-10", Review(CASE_RECORD_REVIEW, State.IN_PROGRESS))
    finished = death("1", "2026-05-10", judged("5"))
    history = DeathHistory(
        "1", (Known(moment("2026-09-01"), finished), Known(moment("2026-05-11"), under_way))
    )
    deaths = of_trust(history, death("2"))
    published = quarterly_return(deaths, Q1, moment("2026-08-01"))
    current = quarterly_return(deaths, Q1, moment("2026-11-01"))
    changed = {
        u.figure.code: (u.published.number, u.figure.count.number, u.difference)
        for u in updates(published, current)
        if u.figure.population is d.ALL_IN_CARE
    }
    assert changed == {
        "all-in-care.reviewed": (0, 1, 1),
        "all-in-care.reviewed-or-investigated": (0, 1, 1),
        "all-in-care.ongoing": (1, 0, -1),
        "all-in-care.assessed-prism": (0, 1, 1),
        "all-in-care.due-to-problems-prism": (0, 1, 1),
    }
    assert updates(current, current) == ()
    following = quarterly_return(deaths, Q1.following, moment("2026-11-01"))
    assert all(figure.count.number == 0 for figure in following.figures)


def test_a_death_taken_back_is_counted_before_and_not_after() -> None:
    history = DeathHistory(
        "1", (Known(moment("2026-05-11"), death("1")), Known(moment("2026-09-01"), None))
    )
    deaths = of_trust(history)
    for at, expected in (
        ("2026-05-10", 0),
        ("2026-05-11", 1),
        ("2026-08-31", 1),
        ("2026-09-01", 0),
    ):
        one = quarterly_return(deaths, Q1, moment(at))
        assert number(one, d.ALL_IN_CARE, d.DEATHS) == expected


def test_themes_and_actions_of_completed_reviews() -> None:
    falls, fluids = Theme("falls", "Falls"), Theme("fluids", "Fluid balance")
    action = Action("Fluid charts checked at handover", is_taken=True, impact="Fewer gaps")
    first = replace(done(), themes=(falls, fluids), actions=(action,))
    again = replace(done(route=INVESTIGATION), themes=(fluids,), actions=(action,))
    unfinished = Review(CASE_RECORD_REVIEW, State.IN_PROGRESS, themes=(falls,))
    one = counted(
        of_trust(
            death("1", "2026-05-10", first, again),
            death("2", "2026-05-10", again),
            death("3", "2026-05-10", unfinished),
        )
    )
    assert [(t.theme, t.deaths.number) for t in one.themes] == [(fluids, 2), (falls, 1)]
    assert one.actions == (action,)


def test_what_does_not_fit_together_is_refused() -> None:
    one = counted(of_trust(death("1")))
    with pytest.raises(ValueError, match="same organisation"):
        updates(one, replace(one, organisation=OTHER_TRUST))
    with pytest.raises(ValueError, match="same organisation, quarter"):
        updates(one, replace(one, quarter=Q1.following))
    with pytest.raises(ValueError, match="if and only if"):
        Review(CASE_RECORD_REVIEW, State.COMPLETED)
    with pytest.raises(ValueError, match="counted once"):
        of_trust(death("1"), death("1"))
    with pytest.raises(ValueError, match="another case"):
        DeathHistory("2", known(death("1")).known)
    with pytest.raises(ValueError, match="same moment"):
        DeathHistory("1", known(death("1")).known * 2)
    with pytest.raises(KeyError):
        replace(one, figures=()).figure(d.ALL_IN_CARE, d.DEATHS)
