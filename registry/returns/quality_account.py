"""The yearly Quality Account, items 27.1 to 27.9 (SI 2017/744): the organisation's own version.

Items 27.4 to 27.6 are words: what was learnt, what was done, what came of it. The regulations do
not apply to ambulance trusts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from registry.directory.organisation import Organisation
from registry.returns import definitions, learning
from registry.returns.account_items import (
    BY_QUARTER,
    LATE_DUE_TO_PROBLEMS,
    LATE_REVIEWED,
    REVISED,
    Item,
)
from registry.returns.count import Count, Version
from registry.returns.definitions import ALL_IN_CARE
from registry.returns.history import Deaths
from registry.returns.learning import ThemeCount
from registry.returns.periods import FinancialYear, Quarter
from registry.returns.reviewed_death import Action, ReviewedDeath
from registry.returns.scales import SCALES


@dataclass(frozen=True, slots=True)
class Line:
    """One number of an item; `quarters` where the item is split by quarter, in order."""

    item: Item
    count: Count
    quarters: tuple[Count, ...] = ()


@dataclass(frozen=True, slots=True)
class QualityAccount:
    """One organisation's items of one year, as known at `known_at`."""

    organisation: Organisation
    year: FinancialYear
    known_at: datetime
    version: Version
    lines: tuple[Line, ...]
    not_certain: Count
    themes: tuple[ThemeCount, ...]
    actions: tuple[Action, ...]


def quality_account(
    deaths: Deaths, year: FinancialYear, known_at: datetime, previous_known_at: datetime
) -> QualityAccount:
    """Takes one organisation's deaths, a year, the moment as of which to count, and the moment as
    of which the previous year's account was counted; returns the organisation's own version, exact.

    ValueError where the previous account is not the earlier.
    """
    if previous_known_at >= known_at:
        raise ValueError("the previous year's account is counted as of an earlier moment")
    known = [death for death in deaths.at(known_at) if ALL_IN_CARE.includes(death)]
    certain = [death for death in known if _year(death) == year]
    judged = [death for death in certain if any(map(death.is_due_to_problems, SCALES))]
    return QualityAccount(
        organisation=deaths.organisation,
        year=year,
        known_at=known_at,
        version=Version.OWN,
        lines=(
            *_by_quarter(year, certain),
            *_of_previous_year(deaths, year.previous, known_at, previous_known_at),
        ),
        not_certain=Count(sum(_is_uncertain(death, year) for death in known)),
        themes=learning.themes(judged),
        actions=learning.actions(judged, deaths.actions_at(known_at, year.quarters)),
    )


def _year(death: ReviewedDeath) -> FinancialYear | None:
    first = Quarter.containing(death.died.earliest)
    return first.year if first.holds(death.died) else None


def _is_uncertain(death: ReviewedDeath, year: FinancialYear) -> bool:
    return any(quarter.may_hold(death.died) for quarter in year.quarters)


def _by_quarter(year: FinancialYear, deaths: list[ReviewedDeath]) -> Iterator[Line]:
    for item in BY_QUARTER:
        assert item.measure is not None
        counted = [death for death in deaths if item.measure.counts(death)]
        parts = (sum(quarter.holds(death.died) for death in counted) for quarter in year.quarters)
        yield Line(item, Count(len(counted)), tuple(map(Count, parts)))


def _of_previous_year(
    deaths: Deaths, previous: FinancialYear, known_at: datetime, previous_known_at: datetime
) -> Iterator[Line]:
    is_reviewed = definitions.REVIEWED_OR_INVESTIGATED.counts
    then = _of(previous, deaths.at(previous_known_at))
    counted_then = {death.case for death in then if is_reviewed(death)}
    of_previous = _of(previous, deaths.at(known_at))
    late = [death for death in of_previous if is_reviewed(death) and death.case not in counted_then]
    yield Line(LATE_REVIEWED, Count(len(late)))
    for scale in SCALES:
        judged = definitions.JUDGED[scale.code].counts
        yield Line(LATE_DUE_TO_PROBLEMS[scale.code], Count(sum(map(judged, late))))
    for scale in SCALES:
        judged = definitions.JUDGED[scale.code].counts
        yield Line(REVISED[scale.code], Count(sum(map(judged, of_previous))))


def _of(year: FinancialYear, deaths: Iterable[ReviewedDeath]) -> list[ReviewedDeath]:
    return [death for death in deaths if ALL_IN_CARE.includes(death) and _year(death) == year]
