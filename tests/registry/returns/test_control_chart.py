"""XmR charts against arithmetic done here, and against examples worked by hand."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.returns.control_chart import control_chart
from registry.returns.series import Point, Series
from registry.returns.signals import Rule
from tests.registry.returns.made import TRUST


def of(*values: float) -> Series:
    points = tuple(Point(f"period {n}", value) for n, value in enumerate(values, 1))
    return Series(TRUST, "a figure", points)


def found(rule: Rule, *values: float) -> list[tuple[int, ...]]:
    return [s.points for s in control_chart(of(*values)).signals if s.rule is rule]


def test_limits_by_hand() -> None:
    # Moving ranges 2, 4, 6: mean 4. Values 10, 12, 8, 14: mean 11. 2.66 * 4 = 10.64.
    chart = control_chart(of(10, 12, 8, 14))
    assert chart.mean == 11
    assert chart.mean_moving_range == 4
    assert chart.upper == pytest.approx(21.64)
    assert chart.lower == pytest.approx(0.36)
    assert not chart.is_settled
    assert chart.signals == ()


@given(st.lists(st.integers(0, 500), min_size=2, max_size=40))
def test_limits_and_points_outside(values: list[int]) -> None:
    chart = control_chart(of(*values))
    ranges = [abs(values[i] - values[i - 1]) for i in range(1, len(values))]
    sigma = statistics.fmean(ranges) / 1.128
    assert chart.upper == pytest.approx(statistics.fmean(values) + 3 * sigma, rel=1e-3, abs=1e-2)
    assert chart.lower + chart.upper == pytest.approx(2 * statistics.fmean(values))
    outside = [s.points[0] for s in chart.signals if s.rule is Rule.OUTSIDE_LIMITS]
    assert outside == [i for i, v in enumerate(values) if v > chart.upper or v < chart.lower]
    assert chart.is_settled is (len(values) >= 12)


def test_a_point_outside() -> None:
    assert found(Rule.OUTSIDE_LIMITS, *[10, 11] * 6, 40, *[10, 11] * 6) == [(12,)]


def test_seven_on_one_side_are_a_shift_and_six_are_not() -> None:
    before, after = [15, 5] * 4, [5, 15] * 2
    seven = [*before, 11, 12, 11, 12, 11, 12, 11, *after]
    six = [*before, 11, 12, 11, 12, 11, 12, *after]
    assert 10 < statistics.fmean(six) < statistics.fmean(seven) < 11
    assert found(Rule.SHIFT, *seven) == [tuple(range(8, 15))]
    assert found(Rule.SHIFT, *six) == []


def test_a_point_on_the_mean_ends_a_shift() -> None:
    values = [8, 8, 8, 8, 10, 8, 8, 8, 12, 12, 12, 12, 10, 12, 12, 12]
    assert statistics.fmean(values) == 10
    assert found(Rule.SHIFT, *values) == []


def test_seven_rising_points_are_a_trend_and_six_are_not() -> None:
    assert found(Rule.TREND, 5, 1, 2, 3, 4, 5, 6, 7, 2) == [(1, 2, 3, 4, 5, 6, 7)]
    assert found(Rule.TREND, 5, 2, 3, 4, 5, 6, 7, 2) == []
    assert found(Rule.TREND, 1, 2, 3, 4, 4, 5, 6, 7) == []
    assert found(Rule.TREND, 9, 8, 7, 6, 5, 4, 3) == [(0, 1, 2, 3, 4, 5, 6)]


def test_two_of_three_close_to_a_limit() -> None:
    base = [10, 12] * 8
    values = [*base, 16, 12, 16, *base]
    chart = control_chart(of(*values))
    near = chart.mean + 2 / 3 * (chart.upper - chart.mean)
    assert near < 16 < chart.upper
    assert (16, 18) in found(Rule.TWO_OF_THREE, *values)
    # The third on the other side of the mean: no signal.
    assert found(Rule.TWO_OF_THREE, *base, 16, 10, 16, *base) == []


def test_one_point_has_no_moving_range() -> None:
    with pytest.raises(ValueError, match="two points"):
        control_chart(of(1))
