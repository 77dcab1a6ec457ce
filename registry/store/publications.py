"""Published returns: kept as they were published, and read back, one organisation's at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from registry.returns import frozen
from registry.returns.count import Version
from registry.returns.frozen import Document
from registry.returns.publication import Period, period_code
from registry.returns.quarterly import QuarterlyReturn
from registry.store.learning_actions import By
from registry.store.transaction import Connection

_ADD = """
    INSERT INTO published_return (id, organisation, period, version, number, known_at,
        published_at, client, signed_in, content)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::text::jsonb)
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 15))"
_COLUMNS = "id, organisation, version, number, published_at, content::text"


@dataclass(frozen=True, slots=True)
class Publication:
    """A published return: its id (which begins with the ODS code), which publication of the period
    it is (1 the first), when it was published, and the document as it was."""

    publication_id: str
    organisation: str
    version: Version
    number: int
    published_at: datetime
    document: Document

    @property
    def period(self) -> Period:
        """The quarter, or the year of a Quality Account."""
        document = self.document
        return document.quarter if isinstance(document, QuarterlyReturn) else document.year


def before(one: Publication, every: Iterable[Publication]) -> Document | None:
    """Takes a publication, and publications among which the one before it may be; returns the
    document that was published before it, None where it is the first."""
    for other in every:
        is_before = other.number == one.number - 1 and other.organisation == one.organisation
        if is_before and (other.period, other.version) == (one.period, one.version):
            return other.document
    return None


async def name_reporter(connection: Connection, organisation: str) -> None:
    """Takes a connection that reads for somebody and an organisation (ODS code); until the
    transaction ends the connection reads published returns of this organisation alone."""
    await connection.execute("SELECT set_config('app.reporter', %s, true)", (organisation,))


async def lock(connection: Connection, organisation: str, period: Period) -> None:
    """Takes an organisation and a period; whoever else publishes its return waits until the
    transaction ends."""
    await connection.execute(_LOCK, (f"{organisation} {period_code(period)}",))


async def of_period(
    connection: Connection, organisation: str, period: Period, version: Version
) -> list[Publication]:
    """Takes one organisation (ODS code), a period and a version; returns what was published of it,
    the first first."""
    return await _read(
        connection,
        "organisation = %s AND period = %s AND version = %s",
        (organisation, period_code(period), version.value),
    )


async def of_organisation(
    connection: Connection, organisation: str, version: Version | None = None
) -> list[Publication]:
    """Takes one organisation (ODS code) and a version (None: both); returns all that it published,
    by period."""
    if version is None:
        return await _read(connection, "organisation = %s", (organisation,))
    return await _read(
        connection, "organisation = %s AND version = %s", (organisation, version.value)
    )


async def one(connection: Connection, organisation: str, publication_id: str) -> Publication | None:
    """Takes one organisation (ODS code) and an id; returns the publication, None where it is not
    there or not the reader's to see."""
    found = await _read(connection, "organisation = %s AND id = %s", (organisation, publication_id))
    return found[0] if found else None


async def keep(
    connection: Connection, by: By, documents: Sequence[Document], number: int, now: datetime
) -> list[Publication]:
    """Takes who publishes, the versions of one document, which publication of its period it is, and
    the time; keeps them for good."""
    kept: list[Publication] = []
    for document in documents:
        made = Publication(
            f"{by.organisation}-{uuid4()}", by.organisation, document.version, number, now, document
        )
        await connection.execute(
            _ADD,
            (
                made.publication_id,
                by.organisation,
                frozen.period_of(document),
                document.version.value,
                number,
                document.known_at,
                now,
                by.client,
                by.person,
                frozen.to_json(document).decode(),
            ),
        )
        kept.append(made)
    return kept


async def _read(
    connection: Connection, where: str, values: tuple[object, ...]
) -> list[Publication]:
    asked = (
        f"SELECT {_COLUMNS} FROM published_return WHERE {where} ORDER BY period, version, number"
    )
    rows = await connection.execute(asked.encode(), values)
    return [_publication(row) for row in await rows.fetchall()]


def _publication(row: tuple[Any, ...]) -> Publication:
    publication_id, organisation, version, number, published_at, content = row
    document = frozen.from_json(content)
    return Publication(
        publication_id, organisation, Version(version), number, published_at, document
    )
