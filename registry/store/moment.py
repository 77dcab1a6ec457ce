"""The time that what is written bears."""

from __future__ import annotations

from datetime import datetime

from registry.store.transaction import Connection

# In this order: a transaction's stamp is never before its id was given out.
_NOW = "SELECT pg_current_xact_id(), clock_timestamp()"


async def stamp(connection: Connection) -> datetime:
    """Takes the connection of a transaction that writes; returns the time now by the database's
    clock, which all registry processes share. registry.store.watermark rests on it."""
    row = await (await connection.execute(_NOW)).fetchone()
    assert row is not None
    return row[1]
