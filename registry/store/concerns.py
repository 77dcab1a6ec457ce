"""Concerns and alarms: kept as they were raised, and read back for those they concern."""

from __future__ import annotations

from dataclasses import dataclass

from registry.core import concern as concerns
from registry.core.concern import Alarm, Concern
from registry.core.statement import Identifier
from registry.store.transaction import Connection


@dataclass(frozen=True, slots=True)
class KeyedConcern:
    """A concern with the identifier by which it names the person."""

    key: Identifier
    concern: Concern


async def lock_number(connection: Connection, number: str) -> None:
    """Takes the number of a concern or alarm; locks it until the transaction ends, whether or not
    there is one."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (number,))


async def add_concern(
    connection: Connection, cluster: int, keyed: KeyedConcern, client: str
) -> None:
    """Takes a locked cluster, a concern and the API client that sent it; keeps it, in the place of
    what stood under its number."""
    await connection.execute(
        "INSERT INTO concern (number, cluster, key_system, key_value, client, content)"
        " VALUES (%s, %s, %s, %s, %s, %s::text::jsonb)"
        " ON CONFLICT (number) DO UPDATE SET content = excluded.content",
        (
            keyed.concern.number,
            cluster,
            *keyed.key,
            client,
            concerns.concern_to_json(keyed.concern).decode(),
        ),
    )


async def concern(connection: Connection, number: str) -> tuple[int, KeyedConcern] | None:
    """Takes a concern's number; returns its cluster and the concern, None where there is none."""
    rows = await connection.execute(
        "SELECT cluster, key_system, key_value, content::text FROM concern WHERE number = %s",
        (number,),
    )
    row = await rows.fetchone()
    if row is None:
        return None
    keyed = KeyedConcern(Identifier(row[1], row[2]), concerns.concern_from_json(row[3]))
    return row[0], keyed


async def add_alarm(connection: Connection, alarm: Alarm, client: str) -> None:
    """Takes an alarm and the API client that sent it; keeps it, in the place of what stood under
    its number."""
    await connection.execute(
        "INSERT INTO alarm (number, organisation, client, content)"
        " VALUES (%s, %s, %s, %s::text::jsonb)"
        " ON CONFLICT (number) DO UPDATE SET content = excluded.content",
        (alarm.number, alarm.organisation, client, concerns.alarm_to_json(alarm).decode()),
    )


async def alarm(connection: Connection, number: str) -> Alarm | None:
    """Takes a number; returns the alarm of that number, None where there is none."""
    rows = await connection.execute("SELECT content::text FROM alarm WHERE number = %s", (number,))
    row = await rows.fetchone()
    return concerns.alarm_from_json(row[0]) if row else None
