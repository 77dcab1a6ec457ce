"""One return, read for the page: as it is now, or as it was published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from registry.returns.count import Version
from registry.returns.frozen import Document
from registry.returns.learning_action import LearningAction
from registry.returns.page import Chart
from registry.returns.periods import Quarter
from registry.returns.publication import Period
from registry.returns.reviewed_death import Action
from registry.store import learning_actions, publications, returns
from registry.store.publications import Publication
from registry.store.transaction import Connection

PERIODS = 12


@dataclass(frozen=True, slots=True)
class Shown:
    """A return, the one published before it, its charts, and all that was published of its period
    and version. `publication` is None for the return as it is now."""

    document: Document
    before: Document | None
    charts: Sequence[Chart]
    published: Sequence[Publication]
    publication: Publication | None = None


@dataclass(frozen=True, slots=True)
class ThemesAndActions:
    """What somebody decides about before publishing: the words of the period's themes, and the
    organisation's own actions of the quarter that stand, each by its id."""

    themes: tuple[str, ...]
    actions: tuple[tuple[str, Action], ...]


def periods(today: date) -> list[Period]:
    """Takes the date in London; returns the quarters and years to choose from, the latest first:
    the present ones, which are not over, among them."""
    quarter = Quarter.containing(today)
    found: list[Period] = []
    for _ in range(PERIODS):
        found.append(quarter)
        if quarter.number == 1 or quarter.year.last_day >= today:
            found += [quarter.year] if quarter.year not in found else []
        quarter = quarter.preceding
    return found


def last_finished(today: date) -> Quarter:
    """Takes the date in London; returns the quarter that was over last."""
    return Quarter.containing(today).preceding


async def current(
    connection: Connection, ods: str, period: Period, version: Version, now: datetime
) -> Shown:
    """Takes a connection that reads as the organisation, its ODS code, the period, the version and
    the time; returns its return as it is now. NoSuchOrganisation."""
    await publications.name_reporter(connection, ods)
    of = await returns.organisation(connection, ods)
    found = await returns.current(connection, of, period, version, now)
    charts: Sequence[Chart] = ()
    if version is Version.OWN and isinstance(period, Quarter):
        charts = await returns.charts(connection, of, period, now)
    every = await publications.of_period(connection, ods, period, version)
    before = found.published.document if found.published else None
    return Shown(found.document, before, charts, every)


async def published(connection: Connection, reporter: str, publication_id: str) -> Shown | None:
    """Takes a connection that reads as somebody, whose return it is, and the id of a publication;
    returns it as it was, None where there is none for them to see."""
    await publications.name_reporter(connection, reporter)
    found = await publications.one(connection, reporter, publication_id)
    if found is None:
        return None
    every = await publications.of_period(connection, reporter, found.period, found.version)
    charts: Sequence[Chart] = ()
    if found.version is Version.PUBLIC and isinstance(found.period, Quarter):
        charts = await returns.public_charts(connection, found)
    return Shown(found.document, publications.before(found, every), charts, every, found)


async def of_others(connection: Connection, reporter: str) -> list[Publication]:
    """Takes a connection that reads as a board and one organisation; returns the public versions
    that it published, the latest period first."""
    await publications.name_reporter(connection, reporter)
    found = await publications.of_organisation(connection, reporter, Version.PUBLIC)
    return sorted(found, key=lambda one: (one.published_at, one.number), reverse=True)


async def themes_and_actions(
    connection: Connection, ods: str, period: Period, now: datetime
) -> ThemesAndActions:
    """Takes a connection that reads as the organisation, its ODS code, a period and the time;
    returns what is decided about before publishing. NoSuchOrganisation."""
    shown = await current(connection, ods, period, Version.OWN, now)
    known = await learning_actions.actions(connection, ods)
    return ThemesAndActions(
        tuple(found.theme.display for found in shown.document.themes),
        tuple(
            (one.action_id, action)
            for one in known
            if one.quarter == period and (action := _latest(one)) is not None
        ),
    )


def _latest(one: LearningAction) -> Action | None:
    return max(one.recorded, key=lambda each: each.since).action
