"""The rows of the open cohort: whom to read without an event, and when next."""

from __future__ import annotations

from datetime import datetime

from psycopg.types.json import Jsonb

from nhs import addresses
from registry.store.transaction import Connection

_PLAN = """
    INSERT INTO national_cohort AS known (nhs_number, next_at) VALUES (%s, %s)
    ON CONFLICT (nhs_number) DO UPDATE SET next_at = least(known.next_at, excluded.next_at)
"""
_SET = """
    INSERT INTO national_cohort (nhs_number, next_at) VALUES (%s, %s)
    ON CONFLICT (nhs_number) DO UPDATE SET next_at = excluded.next_at
"""
# Moved on at once, so that no other process takes them; the reading says for how long.
_TAKE = """
    UPDATE national_cohort SET next_at = clock_timestamp() + interval '1 day'
    WHERE nhs_number IN (
        SELECT nhs_number FROM national_cohort WHERE next_at <= clock_timestamp()
        ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED
    )
    RETURNING nhs_number
"""
_STANDING = """
    SELECT count(*), greatest(
        coalesce(extract(epoch FROM clock_timestamp() - min(next_at)), 0), 0)::float8
    FROM national_cohort
"""
_PRUNE = """
    DELETE FROM national_cohort AS c WHERE NOT EXISTS (
        SELECT FROM identifier AS i WHERE i.system = %s AND i.value = c.nhs_number)
"""
_PLANNED_TO = "national-cohort-planned-to"


async def plan(connection: Connection, number: str, at: datetime) -> None:
    """Takes an NHS number and when to read it at the latest."""
    await connection.execute(_PLAN, (number, at))


async def set_next(connection: Connection, number: str, at: datetime) -> None:
    """Takes an NHS number that was read, and when to read it next."""
    await connection.execute(_SET, (number, at))


async def remove(connection: Connection, number: str) -> None:
    """Takes an NHS number that need not be read any more."""
    await connection.execute("DELETE FROM national_cohort WHERE nhs_number = %s", (number,))


async def prune(connection: Connection) -> None:
    """Forgets the numbers of people of whom nothing is held any more."""
    await connection.execute(_PRUNE, (addresses.NHS_NUMBER,))


async def take_due(connection: Connection, some: int) -> list[str]:
    """Takes how many at most; returns the numbers whose time has come, longest overdue first."""
    rows = await (await connection.execute(_TAKE, (some,))).fetchall()
    return [row[0] for row in rows]


async def standing(connection: Connection) -> tuple[int, float]:
    """Returns how many people the cohort has, and by how many seconds the latest is overdue."""
    row = await (await connection.execute(_STANDING)).fetchone()
    assert row is not None
    return int(row[0]), float(row[1])


async def planned_to(connection: Connection) -> int:
    """Returns the number of the last statement whose person was looked at."""
    found = await connection.execute(
        "SELECT value::bigint FROM setting WHERE name = %s", (_PLANNED_TO,)
    )
    row = await found.fetchone()
    return 0 if row is None else int(row[0])


async def set_planned_to(connection: Connection, statement: int) -> None:
    """Takes the number of the last statement whose person was looked at."""
    await connection.execute(
        "INSERT INTO setting (name, value) VALUES (%s, %s)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (_PLANNED_TO, Jsonb(statement)),
    )
