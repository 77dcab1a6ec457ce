"""Keeps how each death was known for returns, and since when; reads the deaths of one
organisation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import LiteralString

from nhs.london_time import london_date
from registry.core.fhir.person import PersonResources
from registry.returns import kept_death
from registry.returns.history import DeathHistory, Known
from registry.returns.of_person import reviewed_deaths
from registry.returns.reviewed_death import ReviewedDeath
from registry.store.kept import KnownDeath, OfPerson
from registry.store.together import Write
from registry.store.transaction import Connection

_ADD: LiteralString = """
    new_deaths_for_returns AS (
        INSERT INTO death_for_return (organisation, person, since, died_from, died_to, content)
        SELECT organisation, person, since, died_from, died_to, content::jsonb
        FROM unnest(%(death_organisations)s::text[], %(death_persons)s::text[],
                    %(death_since)s::timestamptz[], %(died_from)s::date[], %(died_to)s::date[],
                    %(death_contents)s::text[])
            AS new (organisation, person, since, died_from, died_to, content)
    )
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


def following(
    before: Mapping[OfPerson, KnownDeath], shown: Iterable[PersonResources], now: datetime
) -> Write | None:
    """Takes how the deaths of a locked cluster are known, the persons shown of it, and the time;
    returns what keeps how each death is known now, None where that is as before."""
    wanted: dict[OfPerson, ReviewedDeath] = {}
    for built in shown:
        found = reviewed_deaths(built.state, built.case_id, built.directory, london_date(now))
        for organisation, death in found.items():
            wanted[built.person_id, organisation] = death
    changed = [
        key
        for key in sorted({*wanted, *before})
        if wanted.get(key) != (before[key].death if key in before else None)
    ]
    if not changed:
        return None
    deaths = [wanted.get(key) for key in changed]
    return Write(
        _ADD,
        {
            "death_persons": [person for person, _ in changed],
            "death_organisations": [organisation for _, organisation in changed],
            "death_since": [_since(before.get(key), now) for key in changed],
            "died_from": [death and death.died.earliest for death in deaths],
            "died_to": [death and death.died.latest for death in deaths],
            "death_contents": [death and kept_death.to_json(death).decode() for death in deaths],
        },
    )


def _since(before: KnownDeath | None, now: datetime) -> datetime:
    return now if before is None else max(now, before.since + _SMALLEST_STEP)


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
