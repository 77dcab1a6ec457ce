"""Run charts: the median, and the rules for shifts, trends and the number of runs.

Shift and trend: Perla, Provost and Murray, BMJ Quality & Safety 2011;20:46-51. The number of runs
is tested exactly (Wald and Wolfowitz 1940; Swed and Eisenhart 1943), at 5 in 100, both sides
together; printed tables for run charts may differ by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb
from statistics import median

from registry.returns.series import Series
from registry.returns.signals import Rule, Signal, runs, side

SHIFT_LENGTH = 6
TREND_LENGTH = 5
SIGNIFICANCE = 0.05


@dataclass(frozen=True, slots=True)
class Runs:
    """The number of runs about the median, and the fewest and most that chance explains."""

    number: int
    fewest: int
    most: int

    @property
    def is_signal(self) -> bool:
        """True where there are too few or too many."""
        return not self.fewest <= self.number <= self.most


@dataclass(frozen=True, slots=True)
class RunChart:
    """A series with its median, its signals and its number of runs; `runs` is None where no point
    is off the median."""

    series: Series
    median: float
    signals: tuple[Signal, ...]
    runs: Runs | None


def run_chart(series: Series) -> RunChart:
    """Takes a series; returns its run chart. ValueError without points."""
    if not series.points:
        raise ValueError("a run chart needs at least one point")
    middle = median(series.values)
    # Points on the median belong to no run, and end none.
    off = [index for index, value in enumerate(series.values) if value != middle]
    sides = [side(series.values[index], middle) for index in off]
    stretches = [tuple(off[i] for i in stretch) for _, stretch in runs(sides)]
    shifts = [Signal(Rule.SHIFT, points) for points in stretches if len(points) >= SHIFT_LENGTH]
    above = sides.count(1)
    counted = _runs(len(stretches), above, len(sides) - above) if sides else None
    return RunChart(series, middle, (*shifts, *_trends(series.values)), counted)


def _trends(values: Sequence[float]) -> Iterator[Signal]:
    """Of values that repeat, the first counts and the others are passed over."""
    kept = [i for i, value in enumerate(values) if i == 0 or value != values[i - 1]]
    steps = [side(values[b], values[a]) for a, b in pairwise(kept)]
    for _, stretch in runs(steps):
        if len(stretch) + 1 >= TREND_LENGTH:
            yield Signal(Rule.TREND, tuple(kept[i] for i in (*stretch, stretch[-1] + 1)))


def _runs(number: int, above: int, below: int) -> Runs:
    probabilities = [probability(count, above, below) for count in range(above + below + 1)]
    likely = [
        count
        for count in range(1, above + below + 1)
        if sum(probabilities[: count + 1]) > SIGNIFICANCE / 2
        and sum(probabilities[count:]) > SIGNIFICANCE / 2
    ]
    return Runs(number, likely[0], likely[-1])


def probability(number: int, above: int, below: int) -> float:
    """Takes a number of runs and of points above and below the median; returns how probable that
    many runs are by chance."""
    if not above or not below:
        return float(number == 1)
    half, odd = divmod(number, 2)
    if half == 0:
        return 0.0
    ways = 2 * comb(above - 1, half - 1) * comb(below - 1, half - 1)
    if odd:
        ways = comb(above - 1, half) * comb(below - 1, half - 1)
        ways += comb(above - 1, half - 1) * comb(below - 1, half)
    return ways / comb(above + below, above)
