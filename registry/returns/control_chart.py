"""XmR charts (individual values and moving range), by the rules of NHS England's Making Data Count.

Constants and rules as in the NHS-R community's NHSRplotthedots, the public implementation of that
programme, without its optional screening of outliers, as in the programme's own spreadsheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from registry.returns.series import Series
from registry.returns.signals import Rule, Signal, runs, side

# 3 standard deviations: 3 / 1.128, where 1.128 is d2 for ranges of two values (Wheeler).
LIMIT_FACTOR = 2.66
NEAR_LIMIT_FACTOR = 2 * LIMIT_FACTOR / 3
SHIFT_LENGTH = 7
TREND_LENGTH = 7
# NHSRplotthedots warns below this number.
SETTLED_FROM = 12


@dataclass(frozen=True, slots=True)
class ControlChart:
    """A series with its mean, limits and signals. `lower` may lie below 0, where no number of
    deaths does; `is_settled` is False while there are too few points to trust the limits."""

    series: Series
    mean: float
    mean_moving_range: float
    lower: float
    upper: float
    is_settled: bool
    signals: tuple[Signal, ...]


def control_chart(series: Series) -> ControlChart:
    """Takes a series; returns its XmR chart. ValueError with fewer than two points."""
    values = series.values
    if len(values) < 2:
        raise ValueError("a moving range needs at least two points")
    mean = fmean(values)
    spread = fmean(abs(b - a) for a, b in pairwise(values))
    lower, upper = mean - LIMIT_FACTOR * spread, mean + LIMIT_FACTOR * spread
    near = NEAR_LIMIT_FACTOR * spread
    signals = (
        *_outside(values, lower, upper),
        *_shifts(values, mean),
        *_trends(values),
        *_two_of_three(values, mean, near, (lower, upper)),
    )
    is_settled = len(values) >= SETTLED_FROM
    return ControlChart(series, mean, spread, lower, upper, is_settled, signals)


def _outside(values: Sequence[float], lower: float, upper: float) -> Iterator[Signal]:
    for index, value in enumerate(values):
        if not lower <= value <= upper:
            yield Signal(Rule.OUTSIDE_LIMITS, (index,))


def _shifts(values: Sequence[float], mean: float) -> Iterator[Signal]:
    """A point on the mean ends a run."""
    for sign, indices in runs([side(value, mean) for value in values]):
        if sign and len(indices) >= SHIFT_LENGTH:
            yield Signal(Rule.SHIFT, tuple(indices))


def _trends(values: Sequence[float]) -> Iterator[Signal]:
    """Two equal values end a run."""
    for sign, steps in runs([side(b, a) for a, b in pairwise(values)]):
        if sign and len(steps) + 1 >= TREND_LENGTH:
            yield Signal(Rule.TREND, (*steps, steps[-1] + 1))


def _two_of_three(
    values: Sequence[float], mean: float, near: float, limits: tuple[float, float]
) -> Iterator[Signal]:
    """Three on one side of the mean, at least two of them in the outer third within the limits."""
    lower, upper = limits
    for start in range(len(values) - 2):
        three = range(start, start + 3)
        sides = {side(values[index], mean) for index in three}
        close = tuple(
            index
            for index in three
            if abs(values[index] - mean) > near and lower <= values[index] <= upper
        )
        if len(close) >= 2 and len(sides) == 1:
            yield Signal(Rule.TWO_OF_THREE, close)
