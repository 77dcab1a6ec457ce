"""Run charts: rules by hand, and the number of runs against all arrangements."""

from __future__ import annotations

from itertools import combinations, groupby
from math import comb

import pytest

from registry.returns.run_chart import probability, run_chart
from registry.returns.series import Point, Series
from registry.returns.signals import Rule
from tests.registry.returns.made import TRUST


def of(*values: float) -> Series:
    points = tuple(Point(f"period {n}", value) for n, value in enumerate(values, 1))
    return Series(TRUST, "a figure", points)


def found(rule: Rule, *values: float) -> list[tuple[int, ...]]:
    return [s.points for s in run_chart(of(*values)).signals if s.rule is rule]


def test_six_on_one_side_of_the_median_are_a_shift() -> None:
    assert found(Rule.SHIFT, 1, 2, 1, 2, 1, 2, 9, 8, 9, 8, 9, 8) == [
        tuple(range(6)),
        tuple(range(6, 12)),
    ]
    assert found(Rule.SHIFT, 1, 2, 1, 2, 1, 9, 8, 9, 8, 9) == []


def test_points_on_the_median_are_passed_over() -> None:
    values = [1, 2, 1, 5, 2, 1, 2, 5, 9, 8, 9, 8, 9, 5, 8]
    assert run_chart(of(*values)).median == 5
    assert found(Rule.SHIFT, *values) == [(0, 1, 2, 4, 5, 6), (8, 9, 10, 11, 12, 14)]


def test_five_rising_points_are_a_trend_and_equal_values_are_passed_over() -> None:
    assert found(Rule.TREND, 3, 1, 2, 3, 4, 5, 0) == [(1, 2, 3, 4, 5)]
    assert found(Rule.TREND, 3, 1, 2, 3, 4, 0) == []
    assert found(Rule.TREND, 3, 1, 2, 2, 3, 4, 5, 0) == [(1, 2, 4, 5, 6)]


def arrangements(above: int, below: int) -> list[int]:
    """The number of runs of every way to arrange so many points on two sides."""
    places = range(above + below)
    return [
        sum(1 for _ in groupby(place in chosen for place in places))
        for chosen in map(set, combinations(places, above))
    ]


@pytest.mark.parametrize(("above", "below"), [(1, 1), (3, 3), (5, 4), (6, 6), (7, 5), (8, 8)])
def test_the_probability_of_a_number_of_runs(above: int, below: int) -> None:
    counts = arrangements(above, below)
    assert len(counts) == comb(above + below, above)
    for number in range(above + below + 2):
        share = counts.count(number) / len(counts)
        assert probability(number, above, below) == pytest.approx(share)


@pytest.mark.parametrize(("half", "fewest", "most"), [(5, 3, 9), (8, 5, 13), (10, 7, 15)])
def test_how_many_runs_chance_explains(half: int, fewest: int, most: int) -> None:
    """Swed and Eisenhart: with ten points on each side, 6 or fewer runs and 16 or more are
    significant; with eight, 4 and 14; with five, 2 and 10."""
    runs = run_chart(of(*[1, 9] * half)).runs
    assert runs is not None
    assert (runs.number, runs.fewest, runs.most) == (2 * half, fewest, most)
    assert runs.is_signal
    few = run_chart(of(*[1] * half, *[9] * half)).runs
    assert few is not None
    assert few.number == 2
    assert few.is_signal


def test_a_level_series_has_no_runs() -> None:
    chart = run_chart(of(4, 4, 4))
    assert chart.runs is None
    assert chart.signals == ()
    with pytest.raises(ValueError, match="one point"):
        run_chart(of())
