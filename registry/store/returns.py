"""The returns of one organisation: as they are now, as they were published, and their publication.

The API, `lfd return` and the console's pages all come through here. A connection that serves a
caller reads as that caller first (registry.store.reader), so the rows of others are not there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from nhs.london_time import LONDON, london_date
from registry.directory.organisation import Organisation
from registry.returns import definitions as d
from registry.returns.control_chart import ControlChart, control_chart
from registry.returns.count import Version
from registry.returns.frozen import Document
from registry.returns.history import Deaths
from registry.returns.months import monthly_series
from registry.returns.periods import FinancialYear, Quarter, quarters
from registry.returns.public import Moments, public_account, public_return
from registry.returns.publication import Period, PublicationRefused, refuse_untimely
from registry.returns.quality_account import quality_account
from registry.returns.quarterly import QuarterlyReturn, quarterly_return
from registry.returns.run_chart import RunChart, run_chart
from registry.returns.series import Point, Series, series
from registry.store import deaths_for_returns, learning_actions, organisations, publications
from registry.store.learning_actions import By
from registry.store.publications import Publication
from registry.store.reader import as_reader, as_writer
from registry.store.transaction import Connection

# Four years: enough points for limits that hold (control_chart.SETTLED_FROM) and a year to see.
CHART_QUARTERS = 16
CHART_MONTHS = 24
Chart = ControlChart | RunChart
_CHARTED = (d.DEATHS, d.REVIEWED_OR_INVESTIGATED)


class NoSuchOrganisation(Exception):
    """The directory has no organisation of that code."""


@dataclass(frozen=True, slots=True)
class Current:
    """A return as it is now, and what was published of its period and version last (None: nothing
    yet)."""

    document: Document
    published: Publication | None


async def organisation(connection: Connection, ods: str) -> Organisation:
    """Takes an ODS code; returns the organisation. NoSuchOrganisation: the directory has none."""
    found = await organisations.find(connection, [ods])
    if not found:
        raise NoSuchOrganisation
    return found[0]


async def deaths(connection: Connection, of: Organisation, first: Quarter, last: Quarter) -> Deaths:
    """Takes an organisation and two quarters; returns its deaths between them, with all that was
    known of each, and its own actions."""
    return Deaths(
        of,
        await deaths_for_returns.histories(connection, of.ods, first.first_day, last.last_day),
        await learning_actions.actions(connection, of.ods),
    )


async def current(
    connection: Connection,
    of: Organisation,
    period: Period,
    version: Version,
    known_at: datetime,
    cleared_themes: Collection[str] = (),
) -> Current:
    """Takes an organisation, a period, a version, the moment as of which to count, and the words of
    the themes cleared for publication; returns its return, beside the one published before."""
    before = await publications.of_period(connection, of.ods, period, version)
    document = await _document(connection, of, period, version, known_at, cleared_themes)
    return Current(document, before[-1] if before else None)


async def _document(
    connection: Connection,
    of: Organisation,
    period: Period,
    version: Version,
    known_at: datetime,
    cleared_themes: Collection[str],
) -> Document:
    is_public = version is Version.PUBLIC
    if isinstance(period, Quarter):
        known = await deaths(connection, of, period, period)
        own = quarterly_return(known, period, known_at)
        if not is_public:
            return own
        moments = await _moments(connection, of, [period, period.year], known_at)
        earlier = [quarterly_return(known, period, moment) for moment in moments]
        return public_return(own, cleared_themes, earlier)
    counted_at = await _previous_counted_at(connection, of, period, known_at)
    known = await deaths(connection, of, period.previous.quarters[0], period.quarters[-1])
    if is_public:
        earlier = Moments(
            await _moments(connection, of, [period], known_at),
            {
                quarter: await _moments(connection, of, [quarter], known_at)
                for quarter in period.quarters
            },
        )
        return public_account(known, period, known_at, counted_at, cleared_themes, earlier)
    return quality_account(known, period, known_at, counted_at)


async def _moments(
    connection: Connection, of: Organisation, periods: Iterable[Period], known_at: datetime
) -> list[datetime]:
    """As of which moments before this one figures of these periods were published, in order: the
    public version is made with regard to all of them."""
    published = [
        one
        for period in periods
        for one in await publications.of_period(connection, of.ods, period, Version.OWN)
    ]
    return sorted({one.document.known_at for one in published if one.document.known_at < known_at})


async def _previous_counted_at(
    connection: Connection, of: Organisation, year: FinancialYear, known_at: datetime
) -> datetime:
    """As of when the previous year's account was first counted; where none was published here, as
    of 30 June after the year, by which accounts are due (general knowledge, not verified)."""
    previous = await publications.of_period(connection, of.ods, year.previous, Version.OWN)
    if previous:
        counted = previous[0].document.known_at
    else:
        due = year.previous.last_day.replace(month=6, day=30)
        counted = datetime.combine(due, time(23, 59), LONDON)
    return min(counted, known_at - timedelta(microseconds=1))


async def publish(
    connection: Connection,
    by: By,
    period: Period,
    now: datetime,
    cleared_themes: Collection[str] = (),
) -> list[Publication]:
    """Takes who publishes its own return, the period, the time, and the words of the themes they
    cleared for publication; keeps both versions as known now, for good, and returns them, the own
    one first. In the transaction of the connection, which reads as the organisation for it and
    works on the whole record again afterwards.

    PublicationRefused: it is too early, or a theme is none of the period's.
    """
    await as_reader(connection, by.organisation, "provider")
    await publications.name_reporter(connection, by.organisation)
    of = await organisation(connection, by.organisation)
    await publications.lock(connection, of.ods, period)
    before = await publications.of_period(connection, of.ods, period, Version.PUBLIC)
    refuse_untimely(period, london_date(now), [london_date(p.published_at) for p in before])
    documents = [
        await _document(connection, of, period, version, now, cleared_themes)
        for version in (Version.OWN, Version.PUBLIC)
    ]
    if set(cleared_themes) - {found.theme.display for found in documents[0].themes}:
        raise PublicationRefused("A theme that you cleared is none of this period's.")
    await as_writer(connection)
    return await publications.keep(connection, by, documents, len(before) + 1, now)


async def charts(
    connection: Connection, of: Organisation, last: Quarter, known_at: datetime
) -> Sequence[Chart]:
    """Takes an organisation, a quarter and a moment; returns charts of its own quarters up to this
    one, and of its months, for its own version: exact."""
    every = _quarters_to(last)
    known = await deaths(connection, of, every[0], last)
    by_quarter = (
        series(known, every, known_at, (d.ALL_IN_CARE, measure), Version.OWN)
        for measure in _CHARTED
    )
    by_month = monthly_series(known, last, CHART_MONTHS, known_at, (d.ALL_IN_CARE, d.DEATHS))
    found = [one for one in by_quarter if one is not None]
    return [*_drawn(found), *([control_chart(by_month)] if any(by_month.values) else [])]


async def public_charts(connection: Connection, last: Publication) -> Sequence[Chart]:
    """Takes a public version that an organisation published; returns charts of what the
    public was shown of its quarters up to this one, by then. There is none where a quarter was not
    published, or a number was not shown: a chart tells no more than the returns."""
    assert isinstance(last.period, Quarter)
    of = last.document.organisation
    documents: list[QuarterlyReturn] = []
    for quarter in _quarters_to(last.period):
        every = await publications.of_period(connection, of.ods, quarter, Version.PUBLIC)
        by_then = [one.document for one in every if one.published_at <= last.published_at]
        documents += [one for one in by_then[-1:] if isinstance(one, QuarterlyReturn)]
    if len(documents) < CHART_QUARTERS:
        return []
    found: list[Series] = []
    for measure in _CHARTED:
        figures = [one.figure(d.ALL_IN_CARE, measure).count.number for one in documents]
        numbers = [number for number in figures if number is not None]
        if len(numbers) == len(figures):
            labels = [str(one.quarter) for one in documents]
            points = tuple(map(Point, labels, numbers))
            found.append(Series(of, f"{d.ALL_IN_CARE.label}: {measure.label}", points))
    return _drawn(found)


def _quarters_to(last: Quarter) -> list[Quarter]:
    first = last
    for _ in range(CHART_QUARTERS - 1):
        first = first.preceding
    return list(quarters(first, last))


def _drawn(found: Iterable[Series]) -> list[Chart]:
    """The first, of deaths, as a control chart, the others as run charts. Where the registry knew
    of nothing yet there is none: a chart of zeros says nothing."""
    return [
        run_chart(one) if index else control_chart(one)
        for index, one in enumerate(found)
        if any(one.values)
    ]
