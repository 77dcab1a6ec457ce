"""Keeps policies in the database, as they were written, and reads them back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import Connection as SyncConnection

from registry.core.policy import Policies, Policy
from registry.policy.reading import read_text
from registry.store.transaction import Connection


class UnknownOrganisation(ValueError):
    """A policy is for an organisation that the directory does not have."""


def load(connection: SyncConnection[Any], policy: Policy, text: str) -> bool:
    """Takes a policy and the text it was read from; keeps it in the place of the one that begins on
    the same day. Returns False where it was kept already. UnknownOrganisation: load the directory
    first."""
    found = connection.execute(
        "SELECT FROM organisation WHERE ods = %s", (policy.organisation,)
    ).fetchone()
    if found is None:
        raise UnknownOrganisation(
            f"{policy.organisation} is not in the directory; load it with 'lfd organisation load'."
        )
    written = connection.execute(
        "INSERT INTO policy (organisation, begins, content) VALUES (%s, %s, %s)"
        " ON CONFLICT (organisation, begins) DO UPDATE SET content = excluded.content,"
        " loaded_at = now() WHERE policy.content <> excluded.content",
        (policy.organisation, policy.begins, text),
    )
    connection.commit()
    return written.rowcount > 0


async def policies_of(connection: Connection, organisations: Iterable[str]) -> Policies:
    """Takes ODS codes; returns their policies."""
    rows = await connection.execute(
        "SELECT content FROM policy WHERE organisation = ANY(%s) ORDER BY organisation, begins",
        (sorted(set(organisations)),),
    )
    return Policies([read_text(row[0]) for row in await rows.fetchall()])
