"""The part of the organisation directory that one cluster's state needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from registry.directory.organisation import Directory, Organisation
from registry.store.transaction import Connection

_COLUMNS = "ods, name, type, parent, succeeded_by, succeeded_on"
_WITH_RELATIONS = f"""
    WITH RECURSIVE wanted AS (
        SELECT {_COLUMNS} FROM organisation WHERE ods = ANY(%s)
        UNION
        SELECT o.ods, o.name, o.type, o.parent, o.succeeded_by, o.succeeded_on
        FROM organisation AS o JOIN wanted ON o.ods IN (wanted.parent, wanted.succeeded_by)
    )
    SELECT {_COLUMNS} FROM wanted
"""


async def directory_of(connection: Connection, codes: Iterable[str]) -> Directory:
    """Takes ODS codes; returns a directory of them, of what they belong to, and of who
    succeeded them."""
    rows = await connection.execute(_WITH_RELATIONS, (sorted(set(codes)),))
    return Directory(_organisation(row) for row in await rows.fetchall())


async def find(connection: Connection, codes: Iterable[str]) -> list[Organisation]:
    """Takes ODS codes; returns the organisations that the directory holds, in order of code."""
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM organisation WHERE ods = ANY(%s) ORDER BY ods",
        (sorted(set(codes)),),
    )
    return [_organisation(row) for row in await rows.fetchall()]


def _organisation(row: tuple[Any, ...]) -> Organisation:
    return Organisation(*row)
