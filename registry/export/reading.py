"""What an export holds, read in one snapshot and in little memory.

For an organisation, as its reader: the database's own rules are in force, whatever a query leaves
out. Of a cohort, each death is read as one of the organisations that agreed and may read it. For a
national recipient, all deaths in scope whose month has ended, to be pseudonymised.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import LiteralString

from psycopg import AsyncServerCursor
from psycopg.rows import TupleRow

from conformance import canonical
from registry.core.derive import Involvement
from registry.core.visibility import is_party
from registry.export import cohorts
from registry.export.cohort import Member
from registry.export.job import Wanted
from registry.export.selection import is_pseudonymised
from registry.store.reader import as_reader, as_writer
from registry.store.transaction import Connection

# Rows that come from the database at a time.
ROWS = 2000
# An organisation's own deaths: in its scope, its registered patients', its area's.
OWN = (Involvement.IN_SCOPE, Involvement.PRACTICE, Involvement.ICB)

_PUBLIC: LiteralString = """
    FROM resource AS r WHERE r.type = %(type)s
        AND (%(since)s::timestamptz IS NULL OR r.updated_at >= %(since)s)
"""
_MAY_READ: LiteralString = """
    WHERE v.organisation = %(organisation)s AND v.type = %(type)s
        AND (%(since)s::timestamptz IS NULL OR v.updated_at >= %(since)s OR v.since >= %(since)s)
"""
_READABLE: LiteralString = (
    "FROM readable AS v JOIN resource AS r ON r.type = v.type AND r.id = v.id" + _MAY_READ
)
# To count them, there is no need to look at what they say.
_COUNTED: LiteralString = "FROM readable AS v" + _MAY_READ
_OF_OWN: LiteralString = """
    AND r.person = ANY (ARRAY(SELECT i.person FROM involvement AS i
        WHERE i.organisation = %(organisation)s AND i.reasons && %(reasons)s::text[]))
"""
_OF_PEOPLE: LiteralString = """
    AND r.audience IS NULL AND r.person = ANY (%(people)s::text[])
"""
# In the order of the ids, which are keyed hashes: the place of a row says nothing.
_NATIONAL: LiteralString = """
    FROM resource AS r WHERE r.type = %(type)s AND r.audience IS NULL AND EXISTS (
        SELECT FROM resource AS o
        WHERE o.person = r.person AND o.type = 'Observation' AND o.audience IS NULL
            AND o.status <> 'entered-in-error'
            AND o.searched -> 'identifier' @> jsonb_build_array(
                jsonb_build_object('system', %(case)s::text))
            AND (NOT o.searched ? 'effectiveDateTime'
                OR moment_high(o.searched -> 'effectiveDateTime')
                    <= %(month)s::date::timestamp AT TIME ZONE 'Europe/London'))
"""


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows to be read as one organisation (None: of the whole record), with a condition, its
    values, and what counts them where that is less."""

    organisation: str | None
    source: LiteralString
    values: dict[str, object] = field(default_factory=dict[str, object])
    counted: LiteralString = ""


class Unreadable(Exception):
    """The Group is not there for whoever asked, or is not agreed any more; str() says so."""


async def _ahead(cursor: AsyncServerCursor[TupleRow]) -> AsyncIterator[list[TupleRow]]:
    """The rows of a cursor, the next of them on their way while these are looked at."""
    coming = asyncio.create_task(cursor.fetchmany(ROWS))
    try:
        while found := await coming:
            coming = asyncio.create_task(cursor.fetchmany(ROWS))
            yield found
    finally:
        if not coming.done():
            coming.cancel()
            with suppress(asyncio.CancelledError):
                await coming


class Snapshot:
    """What one export holds, as it was at one moment: on a connection whose transaction is
    REPEATABLE READ and lasts until all is read."""

    def __init__(self, connection: Connection, wanted: Wanted, today: date) -> None:
        self._connection = connection
        self._wanted = wanted
        self._month = today.replace(day=1)
        self._parts: list[_Part] = []

    async def prepare(self) -> None:
        """Finds out what is to be read. Unreadable where there is no such Group."""
        # All of it is read, so the plan that gives the first row soonest is the wrong one.
        await self._connection.execute("SET LOCAL cursor_tuple_fraction = 1")
        wanted = self._wanted
        if is_pseudonymised(wanted.role):
            values: dict[str, object] = {"case": canonical.CASE_ID, "month": self._month}
            self._parts = [_Part(None, _NATIONAL, values)]
        elif wanted.of_group is None:
            self._parts = [_Part(wanted.organisation, _READABLE, counted=_COUNTED)]
        elif wanted.of_group == wanted.organisation:
            values = {"reasons": list(OWN)}
            self._parts = [_Part(wanted.organisation, _READABLE + _OF_OWN, values)]
        else:
            self._parts = await self._of_cohort(wanted.of_group)

    async def count(self) -> int:
        """Returns how many resources there are."""
        total = 0
        for resource_type in self._wanted.types:
            for part in self._of(resource_type):
                await self._as(part)
                rows = await self._connection.execute(
                    f"SELECT count(*) {part.counted or part.source}",
                    self._values(part, resource_type),
                )
                row = await rows.fetchone()
                total += int(row[0]) if row else 0
        return total

    async def rows(self, resource_type: str) -> AsyncIterator[list[tuple[str | None, str]]]:
        """Takes a type; gives its resources as stored, some at a time: the person, and the text."""
        for number, part in enumerate(self._of(resource_type)):
            await self._as(part)
            order: LiteralString = "ORDER BY r.id" if part.organisation is None else ""
            name = f"export_{resource_type}_{number}"
            async with self._connection.cursor(name) as cursor:
                await cursor.execute(
                    f"SELECT r.person, r.content {part.source} {order}",
                    self._values(part, resource_type),
                )
                async for found in _ahead(cursor):
                    yield found

    def _of(self, resource_type: str) -> Iterator[_Part]:
        if resource_type == "Organization":
            yield _Part(self._wanted.organisation or "", _PUBLIC)
        else:
            yield from self._parts

    async def _as(self, part: _Part) -> None:
        if part.organisation is None:
            await as_writer(self._connection)
        else:
            await as_reader(self._connection, part.organisation, self._wanted.role)

    def _values(self, part: _Part, resource_type: str) -> dict[str, object]:
        return {
            "type": resource_type,
            "since": self._wanted.since,
            "organisation": part.organisation,
            **part.values,
        }

    async def _of_cohort(self, group: str) -> list[_Part]:
        wanted = self._wanted
        await as_reader(self._connection, wanted.organisation, wanted.role)
        known = await cohorts.of_organisation(self._connection, wanted.organisation, group)
        if not known or not known[0].is_active:
            raise Unreadable("The Group is not agreed any more.")
        people = await self._visible(await cohorts.found(self._connection, known[0]))
        return [
            _Part(organisation, _READABLE + _OF_PEOPLE, {"people": sorted(theirs)})
            for organisation, theirs in sorted(people.items())
        ]

    async def _visible(self, members: list[Member]) -> dict[str, set[str]]:
        """Everybody in the cohort, by the organisation as which they are read: one's own where one
        is party to the death. A practice sees its own patients and no others."""
        own, role = self._wanted.organisation or "", self._wanted.role
        rows = await self._connection.execute(
            "SELECT person, reasons FROM involvement WHERE organisation = %s", (own,)
        )
        mine = {person for person, reasons in await rows.fetchall() if is_party(reasons)}
        found: dict[str, set[str]] = {}
        for one in members:
            if one.person in mine:
                found.setdefault(own, set()).add(one.person)
            elif role != "gp":
                found.setdefault(one.organisations[0], set()).add(one.person)
        return found
