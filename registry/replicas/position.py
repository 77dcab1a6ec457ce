"""Where a server is in the write-ahead log, in bytes from its beginning."""

from __future__ import annotations

from typing import LiteralString

from registry.store.transaction import Connection

REPLAYED: LiteralString = "(pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint"
# Everything that was answered as committed by now is flushed, and so before this.
FLUSHED: LiteralString = "(pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint"
_WRITTEN: LiteralString = "(pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"
_SHOWN = f"SELECT CASE WHEN pg_is_in_recovery() THEN {REPLAYED} ELSE {_WRITTEN} END"


async def shown(connection: Connection) -> int:
    """Takes the connection that something was just read on, of the primary or a standby; returns a
    position at or after all that was read. A standby that has reached it shows no less."""
    row = await (await connection.execute(_SHOWN)).fetchone()
    assert row is not None
    return int(row[0])
