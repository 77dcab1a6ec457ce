"""One figure of one organisation over time: what a chart is drawn of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from registry.directory.organisation import Organisation
from registry.returns.count import Version
from registry.returns.definitions import Measure, Population
from registry.returns.history import Deaths
from registry.returns.periods import Quarter
from registry.returns.public import public_return
from registry.returns.quarterly import quarterly_return


@dataclass(frozen=True, slots=True)
class Point:
    """One period's number."""

    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """One organisation's numbers in the order of time: a chart compares it with itself."""

    organisation: Organisation
    title: str
    points: tuple[Point, ...]

    @property
    def values(self) -> tuple[float, ...]:
        """The numbers alone."""
        return tuple(point.value for point in self.points)


def series(
    deaths: Deaths,
    quarters: Iterable[Quarter],
    known_at: datetime,
    figure: tuple[Population, Measure],
    version: Version,
) -> Series | None:
    """Takes one organisation's deaths, quarters in order, a moment, a figure and for whom it is;
    returns the figure over time as known at that moment, None where one number is not shown."""
    points: list[Point] = []
    for quarter in quarters:
        one = quarterly_return(deaths, quarter, known_at)
        if version is Version.PUBLIC:
            one = public_return(one)
        number = one.figure(*figure).count.number
        if number is None:
            return None
        points.append(Point(str(quarter), number))
    population, measure = figure
    return Series(deaths.organisation, f"{population.label}: {measure.label}", tuple(points))
