"""Plans that are made once are by keys, however few rows there were when they were made."""

from __future__ import annotations

import psycopg

from registry import database
from registry.store.reader import WRITER
from registry.store.recompute import Told, record, record_together
from registry.store.transaction import Connection
from tests.registry.core.stating import Sender, mrn
from tests.registry.store.conftest import RULES

SEQUENTIAL = """
    SELECT relname, seq_scan FROM pg_stat_user_tables
    WHERE schemaname = 'registry' AND relname = ANY (%s) ORDER BY relname
"""
BY_PERSON = ["cluster", "identifier", "person", "statement"]


async def nothing_beside(_: Connection, shown: list[list[int]]) -> None:
    assert shown == [[]]


async def test_what_is_planned_while_there_are_few_people_is_right_for_many(
    database_url: str,
) -> None:
    """A new registry's connections plan once, before PostgreSQL knows of any rows: reading all of
    them would get slower with each message, until something has the plans made again."""
    with psycopg.connect(database_url) as connection:
        before = dict(connection.execute(SEQUENTIAL, [BY_PERSON]).fetchall())
    async with database.pool(database_url, 2, WRITER, by_key=True) as pool:
        for serial in range(20):
            said = Sender(identifiers=(mrn(f"M{serial}"),)).admits("2026-01-05", f"V{serial}")
            await record(pool, [said], RULES)
            await record_together(pool, [Told(said)], RULES, nothing_beside)
        async with pool.connection() as connection:
            await connection.execute("SELECT pg_stat_force_next_flush()")
        async with pool.connection() as connection:
            await connection.execute("SELECT pg_stat_force_next_flush()")
    with psycopg.connect(database_url) as connection:
        assert dict(connection.execute(SEQUENTIAL, [BY_PERSON]).fetchall()) == before
