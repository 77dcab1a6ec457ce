"""The quarterly return: figures of one organisation's deaths of one quarter, as known at a moment.

A death counts in the quarter in which the person died, whenever it was reviewed. A quarter's
figures therefore go on changing after their publication, and `Update` says how.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from registry.directory.organisation import Organisation
from registry.returns import definitions, learning
from registry.returns.count import Count, Version, difference
from registry.returns.definitions import Measure, Population
from registry.returns.history import Deaths
from registry.returns.learning import ThemeCount
from registry.returns.periods import Quarter
from registry.returns.reviewed_death import Action, ReviewedDeath


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, with what it counts."""

    population: Population
    measure: Measure
    count: Count

    @property
    def code(self) -> str:
        """The code of the figure: of its population and its measure."""
        return f"{self.population.code}.{self.measure.code}"


@dataclass(frozen=True, slots=True)
class QuarterlyReturn:
    """One organisation's figures of one quarter, as known at `known_at`."""

    organisation: Organisation
    quarter: Quarter
    known_at: datetime
    version: Version
    figures: tuple[Figure, ...]
    not_certain: Count
    themes: tuple[ThemeCount, ...]
    actions: tuple[Action, ...]

    def figure(self, population: Population, measure: Measure) -> Figure:
        """Takes a population and a measure; returns their figure. KeyError where there is none."""
        for figure in self.figures:
            if (figure.population, figure.measure) == (population, measure):
                return figure
        raise KeyError(f"{population.code}.{measure.code}")


@dataclass(frozen=True, slots=True)
class Update:
    """A figure that was published otherwise; `difference` is None where one is not shown."""

    figure: Figure
    published: Count
    difference: int | None


def quarterly_return(deaths: Deaths, quarter: Quarter, known_at: datetime) -> QuarterlyReturn:
    """Takes one organisation's deaths, a quarter and a moment; returns the organisation's own
    version of the return, as known at that moment, exact."""
    known = deaths.at(known_at)
    certain = [death for death in known if quarter.holds(death.died)]
    return QuarterlyReturn(
        organisation=deaths.organisation,
        quarter=quarter,
        known_at=known_at,
        version=Version.OWN,
        figures=tuple(_figures(certain)),
        not_certain=Count(sum(quarter.may_hold(death.died) for death in known)),
        themes=learning.themes(certain),
        actions=learning.actions(certain, deaths.actions_at(known_at, (quarter,))),
    )


def _figures(deaths: Iterable[ReviewedDeath]) -> Iterator[Figure]:
    deaths = list(deaths)
    for population in definitions.POPULATIONS:
        included = [death for death in deaths if population.includes(death)]
        for measure in definitions.MEASURES:
            yield Figure(population, measure, Count(sum(map(measure.counts, included))))


def updates(published: QuarterlyReturn, current: QuarterlyReturn) -> tuple[Update, ...]:
    """Takes a return as published and as it is now; returns the figures that differ as shown.

    ValueError where they are not of one organisation, quarter and version.
    """
    if (published.organisation.ods, published.quarter, published.version) != (
        current.organisation.ods,
        current.quarter,
        current.version,
    ):
        raise ValueError("an update needs the same organisation, quarter and version twice")
    before = {figure.code: figure.count for figure in published.figures}
    return tuple(
        Update(figure, before[figure.code], difference(before[figure.code], figure.count))
        for figure in current.figures
        # A figure that was not defined then has nothing to differ from.
        if before.get(figure.code, figure.count) != figure.count
    )
