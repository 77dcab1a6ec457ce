"""Who a connection reads and writes for: the database's own roles (registry/schema/0007).

`lfd_registry` sees what one organisation may read, whatever a query leaves out.
`lfd_registry_writer` sees all of the record, and can neither change nor remove what is kept for
good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from registry.store.transaction import Connection

READER: LiteralString = "lfd_registry"
WRITER: LiteralString = "lfd_registry_writer"

_AS_READER = f"""
    SELECT set_config('role', '{READER}', true), set_config('app.organisation', %s, true),
        set_config('app.role', %s, true), set_config('plan_cache_mode', %s, true),
        set_config('enable_seqscan', %s, true),
        set_config('statement_timeout', coalesce(%s, current_setting('statement_timeout')), true)
"""
_AS_WRITER = f"""
    SELECT set_config('role', '{WRITER}', true), set_config('plan_cache_mode', 'auto', true),
        set_config('enable_seqscan', 'on', true)
"""


@dataclass(frozen=True, slots=True)
class Manner:
    """How something is read. `by_key`: a few rows by their keys, whoever asks and whatever the
    values are; so a statement is planned once, where planning takes longer than reading. `limit`:
    how long one statement may take (as PostgreSQL writes it; None: as the connection has it), else
    it ends in psycopg's QueryCanceled."""

    by_key: bool = False
    limit: str | None = None


_ANYHOW = Manner()


async def as_reader(
    connection: Connection, organisation: str | None, role: str, manner: Manner = _ANYHOW
) -> None:
    """Takes a connection, an organisation (None: of none), the role it acts in, and the manner;
    reads for them until the transaction ends or `as_writer`."""
    plan, scan = ("force_generic_plan", "off") if manner.by_key else ("auto", "on")
    await connection.execute(_AS_READER, (organisation or "", role, plan, scan, manner.limit))


async def as_writer(connection: Connection) -> None:
    """Takes a connection of the registry's pool; works on the whole record until the transaction
    ends."""
    await connection.execute(_AS_WRITER)
