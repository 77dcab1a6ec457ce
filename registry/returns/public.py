"""The public version of a return and of a Quality Account: the same document under disclosure
control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from registry.returns.count import Count, Precision, Version
from registry.returns.definitions import (
    AFTER_DISCHARGE,
    AGE_GROUPS,
    ALL_IN_CARE,
    MEASURES,
    SUBGROUPS,
    Measure,
    Population,
)
from registry.returns.disclosure import Shown, Table, part, table
from registry.returns.history import Deaths
from registry.returns.learning import ThemeCount
from registry.returns.periods import FinancialYear
from registry.returns.quality_account import Line, QualityAccount, quality_account
from registry.returns.quarterly import QuarterlyReturn, quarterly_return
from registry.returns.reviewed_death import Action

Key = tuple[Population, Measure]


def public_return(own: QuarterlyReturn) -> QuarterlyReturn:
    """Takes the organisation's own version of a return; returns its public version. ValueError
    where it is public already."""
    if own.version is not Version.OWN:
        raise ValueError("a public version is made from the organisation's own")
    shown = _shown(_exact_figures(own))
    return replace(
        own,
        version=Version.PUBLIC,
        figures=tuple(replace(f, count=shown[f.population, f.measure].count) for f in own.figures),
        not_certain=part(_exact(own.not_certain)).count,
        themes=_themes(own.themes),
        actions=_cleared(own.actions),
    )


def public_account(
    deaths: Deaths, year: FinancialYear, known_at: datetime, previous_known_at: datetime
) -> QualityAccount:
    """Takes what `quality_account` takes; returns the public version of the account. Its quarters
    are shown as the public returns of the same moment show them."""
    own = quality_account(deaths, year, known_at, previous_known_at)
    returns = [quarterly_return(deaths, quarter, known_at) for quarter in year.quarters]
    quarters = [_shown(_exact_figures(one)) for one in returns]
    return replace(
        own,
        version=Version.PUBLIC,
        lines=_lines(own.lines, quarters),
        not_certain=part(_exact(own.not_certain)).count,
        themes=_themes(own.themes),
        actions=_cleared(own.actions),
    )


def _lines(own: Sequence[Line], quarters: Sequence[Mapping[Key, Shown]]) -> tuple[Line, ...]:
    lines: list[Line] = []
    deaths: Table | None = None
    for line in own:
        if line.item.measure is None:
            lines.append(Line(line.item, part(_exact(line.count)).count))
            continue
        parts = [shown[ALL_IN_CARE, line.item.measure] for shown in quarters]
        year = table(_exact(line.count), parts, deaths)
        # The first item counts all deaths, of which the others count some.
        deaths = deaths or year
        lines.append(Line(line.item, year.total.count, tuple(shown.count for shown in parts)))
    return tuple(lines)


def _shown(exact: Mapping[Key, int]) -> dict[Key, Shown]:
    """What is shown of each figure; the age groups are the parts of all deaths in care."""
    shown: dict[Key, Shown] = {}
    deaths: Table | None = None
    for measure in MEASURES:
        for population in (*AGE_GROUPS, *SUBGROUPS, AFTER_DISCHARGE):
            shown[population, measure] = part(exact[population, measure])
        parts = [shown[group, measure] for group in AGE_GROUPS]
        in_care = table(exact[ALL_IN_CARE, measure], parts, deaths)
        deaths = deaths or in_care
        shown[ALL_IN_CARE, measure] = in_care.total
    return shown


def _exact_figures(own: QuarterlyReturn) -> dict[Key, int]:
    return {(figure.population, figure.measure): _exact(figure.count) for figure in own.figures}


def _exact(count: Count) -> int:
    assert count.number is not None and count.precision is Precision.EXACT
    return count.number


def _themes(own: tuple[ThemeCount, ...]) -> tuple[ThemeCount, ...]:
    """By code: an order by number would tell which of two hidden numbers is the larger."""
    in_order = sorted(own, key=lambda found: found.theme.code)
    return tuple(replace(found, deaths=part(_exact(found.deaths)).count) for found in in_order)


def _cleared(own: tuple[Action, ...]) -> tuple[Action, ...]:
    return tuple(action for action in own if action.is_cleared)
