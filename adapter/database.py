"""Connections to the adapter's database, set so that a commit is a promise."""

from __future__ import annotations

from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg.rows import TupleRow

from postgres.hosts import of_writer
from postgres.migrate import migrate

SCHEMA = "adapter"
SCRIPTS = Path(__file__).with_name("schema")
"""The migrations of the schema."""

Connection = psycopg.AsyncConnection[TupleRow]

# Where the database's default would answer before the disk has it, or before a standby of the
# cluster has it, an ACK would be a lie.
DURABLE: LiteralString = """
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local')
"""


async def connect(database: str, application: str) -> Connection:
    """Takes a database URL and a name for the server's list; returns an autocommit connection.

    Raises psycopg.OperationalError when the database cannot be reached within 5 seconds.
    """
    connection = await psycopg.AsyncConnection.connect(
        of_writer(database), autocommit=True, application_name=application
    )
    try:
        await connection.execute(DURABLE)
    except BaseException:
        await connection.close()
        raise
    return connection


def prepare(database: str) -> list[str]:
    """Takes a database URL; makes the schema or brings it up to date; returns what was applied.

    Raises PostgresError or psycopg.Error.
    """
    with psycopg.connect(of_writer(database), application_name="adapter migration") as connection:
        return migrate(connection, SCHEMA, SCRIPTS)
