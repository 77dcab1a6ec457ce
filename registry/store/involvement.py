"""Who is involved with each person, and why."""

from __future__ import annotations

from collections.abc import Mapping

from registry.store.kept import Involved
from registry.store.transaction import Connection

_REMOVE = "DELETE FROM involvement WHERE person = %s AND organisation = ANY (%s)"
_WRITE = """
    INSERT INTO involvement (person, organisation, reasons, is_party)
    SELECT %s, organisation, string_to_array(reasons, ' '), is_party
    FROM unnest(%s::text[], %s::text[], %s::boolean[]) AS new (organisation, reasons, is_party)
    ON CONFLICT (person, organisation) DO UPDATE SET reasons = excluded.reasons
"""


async def replace(
    connection: Connection,
    person: str,
    before: Mapping[str, Involved],
    wanted: Mapping[str, Involved],
) -> None:
    """Takes a person, and each organisation's involvement as it is stored and as it is to be;
    writes what differs."""
    # Who stays as involved as they were keeps what they may read as it is: they did not ask anew.
    gone = [
        ods
        for ods, was in before.items()
        if ods not in wanted or wanted[ods].is_party != was.is_party
    ]
    changed = [ods for ods, involved in wanted.items() if before.get(ods) != involved]
    if gone:
        await connection.execute(_REMOVE, (person, gone))
    if changed:
        reasons = [" ".join(wanted[ods].reasons) for ods in changed]
        are_party = [wanted[ods].is_party for ods in changed]
        await connection.execute(_WRITE, (person, changed, reasons, are_party))
