"""Who a connection reads and writes for: the database's own roles (registry/schema/0007).

`lfd_registry` sees what one organisation may read, whatever a query leaves out.
`lfd_registry_writer` sees all of the record, and can neither change nor remove what is kept for
good.
"""

from __future__ import annotations

from typing import LiteralString

from registry.store.transaction import Connection

READER: LiteralString = "lfd_registry"
WRITER: LiteralString = "lfd_registry_writer"

_AS_READER = f"""
    SELECT set_config('role', '{READER}', true), set_config('app.organisation', %s, true),
        set_config('app.role', %s, true)
"""
_AS_WRITER = f"SELECT set_config('role', '{WRITER}', true)"


async def as_reader(connection: Connection, organisation: str | None, role: str) -> None:
    """Takes a connection, an organisation (None: of none) and the role it acts in; reads for them
    until the transaction ends or `as_writer`."""
    await connection.execute(_AS_READER, (organisation or "", role))


async def as_writer(connection: Connection) -> None:
    """Takes a connection of the registry's pool; works on the whole record until the transaction
    ends."""
    await connection.execute(_AS_WRITER)
