"""Writes organisations to the database and reads them back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any, LiteralString

from psycopg import AsyncConnection, Connection

from registry.directory.organisation import Directory, Organisation
from registry.directory.references import check

READ: LiteralString = """
    SELECT ods, name, type, parent, succeeded_by, succeeded_on FROM registry.organisation
"""
# Two loads at once would each check against what the other is about to change; readers go on.
LOCK: LiteralString = "LOCK TABLE registry.organisation IN SHARE ROW EXCLUSIVE MODE"
UPSERT: LiteralString = """
    INSERT INTO registry.organisation (ods, name, type, parent, succeeded_by, succeeded_on)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (ods) DO UPDATE
       SET name = excluded.name, type = excluded.type, parent = excluded.parent,
           succeeded_by = excluded.succeeded_by, succeeded_on = excluded.succeeded_on
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many organisations were new, said something new, or said nothing new; and the codes of
    the first two, for whoever must recompute what depends on them."""

    added: int
    changed: int
    unchanged: int
    changed_codes: set[str]


def load(connection: Connection[Any], rows: Iterable[Organisation]) -> Loaded:
    """Takes organisations, each code once; writes them in one transaction and leaves all others as
    they are. DirectoryError: a parent or successor nobody knows, or a circle; nothing is
    written."""
    organisations = list(rows)
    with connection.transaction():
        connection.execute(LOCK)
        before = read_all(connection)
        after = Directory([*before.values(), *organisations])
        check(after, organisations)
        written = [one for one in organisations if before.get(one.ods) != one]
        with connection.cursor() as cursor:
            cursor.executemany(UPSERT, [astuple(one) for one in written])
    added = sum(one.ods not in before for one in written)
    changed_codes = {one.ods for one in written}
    unchanged = len(organisations) - len(written)
    return Loaded(added, len(written) - added, unchanged, changed_codes)


def read_all(connection: Connection[Any]) -> Directory:
    """Returns all organisations the database has."""
    return Directory(Organisation(*row) for row in connection.execute(READ))


async def read_all_async(connection: AsyncConnection[Any]) -> Directory:
    """Returns all organisations the database has."""
    cursor = await connection.execute(READ)
    return Directory([Organisation(*row) async for row in cursor])
