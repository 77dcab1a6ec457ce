"""The part of the organisation directory that one cluster's state needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, LiteralString

from registry.directory.organisation import Directory, Organisation
from registry.store.transaction import Connection

COLUMNS: LiteralString = "ods, name, type, parent, succeeded_by, succeeded_on"
# Those of %(codes)s, what they belong to, and who succeeded them.
WITH_RELATIONS: LiteralString = f"""
    WITH RECURSIVE wanted AS (
        SELECT {COLUMNS} FROM organisation WHERE ods = ANY(%(codes)s)
        UNION
        SELECT o.ods, o.name, o.type, o.parent, o.succeeded_by, o.succeeded_on
        FROM organisation AS o JOIN wanted ON o.ods IN (wanted.parent, wanted.succeeded_by)
    )
    SELECT {COLUMNS} FROM wanted
"""


async def directory_of(connection: Connection, codes: Iterable[str]) -> Directory:
    """Takes ODS codes; returns a directory of them, of what they belong to, and of who
    succeeded them."""
    rows = await connection.execute(WITH_RELATIONS, {"codes": sorted(set(codes))})
    return Directory(_organisation(row) for row in await rows.fetchall())


async def find(connection: Connection, codes: Iterable[str]) -> list[Organisation]:
    """Takes ODS codes; returns the organisations that the directory holds, in order of code."""
    rows = await connection.execute(
        f"SELECT {COLUMNS} FROM organisation WHERE ods = ANY(%s) ORDER BY ods",
        (sorted(set(codes)),),
    )
    return [_organisation(row) for row in await rows.fetchall()]


def _organisation(row: tuple[Any, ...]) -> Organisation:
    return Organisation(*row)
