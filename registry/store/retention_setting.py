"""The settings of retention, kept in the database: all processes on it have to forget alike."""

from __future__ import annotations

from dataclasses import asdict

from psycopg.types.json import Jsonb

from registry.core.retention.terms import Retention, RetentionSaid
from registry.store.transaction import Connection

_READ = "SELECT value FROM setting WHERE name = 'retention'"
_WRITE = """
    INSERT INTO setting (name, value) VALUES ('retention', %s)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
# Dates to look at a fact were found under the old settings.
_LOOK_AGAIN = """
    UPDATE statement SET examine_on = NULL WHERE examine_on IS NOT NULL AND isfinite(examine_on)
"""


async def current(connection: Connection) -> Retention:
    """Returns the settings that hold now."""
    row = await (await connection.execute(_READ)).fetchone()
    return Retention(**row[0]) if row else Retention()


async def agree(connection: Connection, said: RetentionSaid) -> Retention:
    """Takes what a process was told when it started, None where nothing; returns the settings that
    hold from now on."""
    async with connection.transaction():
        before = await current(connection)
        wanted = said.over(before)
        if wanted != before:
            await connection.execute(_WRITE, (Jsonb(asdict(wanted)),))
            await connection.execute(_LOOK_AGAIN)
    return wanted
