"""Keeps how each death was known for returns, and since when; reads the deaths of one
organisation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from nhs.london_time import london_date
from registry.core.fhir.person import PersonResources
from registry.returns import kept_death
from registry.returns.history import DeathHistory, Known
from registry.returns.of_person import reviewed_deaths
from registry.returns.reviewed_death import ReviewedDeath
from registry.store.kept import KnownDeath, OfPerson
from registry.store.transaction import Connection

_ADD = """
    INSERT INTO death_for_return (organisation, person, since, died_from, died_to, content)
    VALUES (%s, %s, %s, %s, %s, %s::text::jsonb)
"""
# Every state of those of whom one may lie in the period: a date of death may have been corrected.
_OF_ORGANISATION = """
    SELECT d.person, d.since, d.content::text FROM death_for_return AS d
    WHERE d.organisation = %(organisation)s AND d.person IN (
        SELECT e.person FROM death_for_return AS e
        WHERE e.organisation = %(organisation)s
            AND e.died_from <= %(last)s AND e.died_to >= %(first)s)
    ORDER BY d.person, d.since
"""
_SMALLEST_STEP = timedelta(microseconds=1)


async def follow(
    connection: Connection,
    before: Mapping[OfPerson, KnownDeath],
    shown: Iterable[PersonResources],
    now: datetime,
) -> None:
    """Takes how the deaths of a locked cluster are known, the persons shown of it, and the time;
    keeps how each death is known now, where that changed."""
    wanted: dict[OfPerson, ReviewedDeath] = {}
    for built in shown:
        found = reviewed_deaths(built.state, built.case_id, built.directory, london_date(now))
        for organisation, death in found.items():
            wanted[built.person_id, organisation] = death
    for key in sorted({*wanted, *before}):
        known, death = before.get(key), wanted.get(key)
        if death != (known and known.death):
            moment = now if known is None else max(now, known.since + _SMALLEST_STEP)
            await connection.execute(_ADD, _row(key, moment, death))


def _row(key: OfPerson, since: datetime, death: ReviewedDeath | None) -> tuple[object, ...]:
    person, organisation = key
    if death is None:
        return (organisation, person, since, None, None, None)
    content = kept_death.to_json(death).decode()
    return (organisation, person, since, death.died.earliest, death.died.latest, content)


async def histories(
    connection: Connection, organisation: str, first: date, last: date
) -> tuple[DeathHistory, ...]:
    """Takes an organisation (ODS code) and a first and a last day; returns the history of each
    death in its scope that was ever known to lie, or perhaps to lie, between them."""
    rows = await connection.execute(
        _OF_ORGANISATION, {"organisation": organisation, "first": first, "last": last}
    )
    known: dict[str, list[Known]] = defaultdict(list)
    for person, since, content in await rows.fetchall():
        known[person].append(Known(since, _read(content)))
    return tuple(_history(person, states) for person, states in known.items())


def _history(person: str, states: list[Known]) -> DeathHistory:
    """Under the id of the case; of the person where nothing was ever known but that."""
    cases = {known.death.case for known in states if known.death is not None}
    return DeathHistory(cases.pop() if cases else person, tuple(states))


def _read(content: str | None) -> ReviewedDeath | None:
    return None if content is None else kept_death.from_json(content)
