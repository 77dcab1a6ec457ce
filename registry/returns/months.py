"""One organisation's figure by calendar month: for its own charts, never for publication, since a
further breakdown of the same deaths would undo the control of what is shown."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime

from registry.returns.definitions import Measure, Population
from registry.returns.history import Deaths
from registry.returns.periods import Quarter
from registry.returns.series import Point, Series


def monthly_series(
    deaths: Deaths,
    last: Quarter,
    number: int,
    known_at: datetime,
    figure: tuple[Population, Measure],
) -> Series:
    """Takes one organisation's deaths, the quarter with which the months end, how many months, a
    moment and a figure; returns its exact numbers by month, as known at that moment."""
    population, measure = figure
    counted = [
        death
        for death in deaths.at(known_at)
        if population.includes(death) and measure.counts(death)
    ]
    points = tuple(
        Point(
            f"{first:%Y-%m}",
            sum(first <= death.died.earliest and death.died.latest <= end for death in counted),
        )
        for first, end in _months(last, number)
    )
    title = f"{population.label}: {measure.label}, by month"
    return Series(deaths.organisation, title, points)


def _months(last: Quarter, number: int) -> Iterator[tuple[date, date]]:
    """The first and the last day of each month, in order."""
    end = last.last_day.year * 12 + last.last_day.month
    for month in range(end - number, end):
        year, index = divmod(month, 12)
        days = calendar.monthrange(year, index + 1)[1]
        yield date(year, index + 1, 1), date(year, index + 1, days)
