"""The public version of a return and of a Quality Account: the same document under disclosure
control."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

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
from registry.returns.periods import FinancialYear, Quarter
from registry.returns.quality_account import Line, QualityAccount, quality_account
from registry.returns.quarterly import QuarterlyReturn, quarterly_return
from registry.returns.reviewed_death import Action

Key = tuple[Population, Measure]


@dataclass(frozen=True, slots=True)
class _Published:
    """What is shown of each figure at one publication, and the tables of those that have a total,
    by what they count."""

    shown: Mapping[Key, Shown]
    tables: Mapping[str, Table]


def public_return(
    own: QuarterlyReturn,
    cleared_themes: Collection[str] = (),
    earlier: Sequence[QuarterlyReturn] = (),
) -> QuarterlyReturn:
    """Takes the organisation's own version of a return, the words of the themes that somebody read
    and cleared for publication, and the own versions of what was published of the quarter before,
    the first first; returns its public version. ValueError where one is public already, or of
    another organisation or quarter."""
    if any(one.version is not Version.OWN for one in (own, *earlier)):
        raise ValueError("a public version is made from the organisation's own")
    about = (own.organisation.ods, own.quarter)
    if any((one.organisation.ods, one.quarter) != about for one in earlier):
        raise ValueError("what was published before is of the same organisation and quarter")
    shown = _chain([*earlier, own])[-1].shown
    return replace(
        own,
        version=Version.PUBLIC,
        figures=tuple(replace(f, count=shown[f.population, f.measure].count) for f in own.figures),
        not_certain=part(_exact(own.not_certain)).count,
        themes=_themes(own.themes, cleared_themes),
        actions=_cleared(own.actions),
    )


@dataclass(frozen=True, slots=True)
class Moments:
    """As of which moments figures of a year were published before: its account, and the figures of
    each quarter, in returns and in accounts."""

    account: Sequence[datetime] = ()
    quarters: Mapping[Quarter, Sequence[datetime]] = field(
        default_factory=dict[Quarter, Sequence[datetime]]
    )


def public_account(
    deaths: Deaths,
    year: FinancialYear,
    known_at: datetime,
    previous_known_at: datetime,
    cleared_themes: Collection[str] = (),
    earlier: Moments = Moments(),
) -> QualityAccount:
    """Takes what `quality_account` takes, the words of the themes cleared for publication, and when
    figures of the year were published before; returns the public version of the account. Its
    quarters are shown as the public returns of the same moment show them."""
    own = quality_account(deaths, year, known_at, previous_known_at)
    moments = sorted({moment for moment in earlier.account if moment < known_at})
    every = [_at(deaths, quarter, earlier, known_at) for quarter in year.quarters]
    done: list[Mapping[str, Table]] = []
    for moment in [*moments, known_at]:
        counted = own if moment == known_at else _account_at(deaths, year, moment)
        quarters = [_as_of(published, moment) for published in every]
        done.append(_year_tables(counted.lines, quarters, done))
    return replace(
        own,
        version=Version.PUBLIC,
        lines=_lines(own.lines, done[-1]),
        not_certain=part(_exact(own.not_certain)).count,
        themes=_themes(own.themes, cleared_themes),
        actions=_cleared(own.actions),
    )


def _at(
    deaths: Deaths, quarter: Quarter, earlier: Moments, known_at: datetime
) -> list[tuple[datetime, _Published]]:
    """What is shown of a quarter at each moment at which it was published, and now."""
    before = {*earlier.quarters.get(quarter, ()), *earlier.account}
    moments = [*sorted(moment for moment in before if moment < known_at), known_at]
    returns = [quarterly_return(deaths, quarter, moment) for moment in moments]
    return list(zip(moments, _chain(returns), strict=True))


def _as_of(published: list[tuple[datetime, _Published]], moment: datetime) -> _Published:
    return max((one for one in published if one[0] <= moment), key=lambda one: one[0])[1]


def _account_at(deaths: Deaths, year: FinancialYear, moment: datetime) -> QualityAccount:
    # Of the previous year nothing is split by quarter, so any earlier moment will do.
    return quality_account(deaths, year, moment, moment - timedelta(microseconds=1))


def _year_tables(
    own: Sequence[Line], quarters: Sequence[_Published], earlier: Sequence[Mapping[str, Table]]
) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    deaths: Table | None = None
    for line in own:
        if line.item.measure is None:
            continue
        parts = [one.shown[ALL_IN_CARE, line.item.measure] for one in quarters]
        before = [tables_then[line.item.code] for tables_then in earlier]
        tables[line.item.code] = table(_exact(line.count), parts, deaths, before)
        # The first item counts all deaths, of which the others count some.
        deaths = deaths or tables[line.item.code]
    return tables


def _lines(own: Sequence[Line], tables: Mapping[str, Table]) -> tuple[Line, ...]:
    lines: list[Line] = []
    for line in own:
        if line.item.measure is None:
            lines.append(Line(line.item, part(_exact(line.count)).count))
        else:
            year = tables[line.item.code]
            quarters = tuple(shown.count for shown in year.parts)
            lines.append(Line(line.item, year.total.count, quarters))
    return tuple(lines)


def _chain(returns: Sequence[QuarterlyReturn]) -> list[_Published]:
    """What is shown at each of several publications of one quarter, each with regard to all those
    before it."""
    done: list[_Published] = []
    for one in returns:
        done.append(_shown(_exact_figures(one), done))
    return done


def _shown(exact: Mapping[Key, int], earlier: Sequence[_Published]) -> _Published:
    """What is shown of each figure; the age groups are the parts of all deaths in care."""
    shown: dict[Key, Shown] = {}
    tables: dict[str, Table] = {}
    deaths: Table | None = None
    for measure in MEASURES:
        for population in (*AGE_GROUPS, *SUBGROUPS, AFTER_DISCHARGE):
            shown[population, measure] = part(exact[population, measure])
        parts = [shown[group, measure] for group in AGE_GROUPS]
        before = [one.tables[measure.code] for one in earlier]
        in_care = table(exact[ALL_IN_CARE, measure], parts, deaths, before)
        deaths = deaths or in_care
        tables[measure.code] = in_care
        shown[ALL_IN_CARE, measure] = in_care.total
    return _Published(shown, tables)


def _exact_figures(own: QuarterlyReturn) -> dict[Key, int]:
    return {(figure.population, figure.measure): _exact(figure.count) for figure in own.figures}


def _exact(count: Count) -> int:
    assert count.number is not None and count.precision is Precision.EXACT
    return count.number


def _themes(own: tuple[ThemeCount, ...], cleared: Collection[str]) -> tuple[ThemeCount, ...]:
    """By code: an order by number would tell which of two hidden numbers is the larger."""
    shown = (found for found in own if found.theme.display in cleared)
    in_order = sorted(shown, key=lambda found: found.theme.code)
    return tuple(replace(found, deaths=part(_exact(found.deaths)).count) for found in in_order)


def _cleared(own: tuple[Action, ...]) -> tuple[Action, ...]:
    return tuple(action for action in own if action.is_cleared)
