"""Keeps concerns and alarms as they are raised, and brings whom they concern up to them."""

from __future__ import annotations

from dataclasses import replace

import orjson

from registry.core.concern import Alarm
from registry.core.fhir import alarm as alarm_resource
from registry.core.fhir.person import Drawn
from registry.core.request_reading import Referred
from registry.core.statement import Identifier, Statement
from registry.store import clusters, concerns, facts, moment, organisations, resources, together
from registry.store.concerns import KeyedConcern
from registry.store.recompute import Rules, recompute
from registry.store.resources import Change, Resource
from registry.store.transaction import Connection

CONCERN = "concern"

_PATIENT = """
    SELECT p.key_system, p.key_value FROM person AS p JOIN readable AS v ON v.id = p.id
    WHERE p.id = %s AND v.type = 'Patient' AND v.organisation = %s
"""
_REQUESTS = """
    SELECT r.content FROM resource AS r JOIN person AS p ON p.id = r.person
    WHERE p.cluster = %s AND r.type = 'ServiceRequest'
"""
_READABLE = """
    INSERT INTO readable (organisation, type, id, updated_at)
    SELECT %s, type, id, updated_at FROM resource WHERE type = 'ServiceRequest' AND id = %s
    ON CONFLICT (organisation, type, id) DO UPDATE SET updated_at = excluded.updated_at
"""


class NumberTaken(Exception):
    """The number is that of a concern about another person."""


async def request_of_number(connection: Connection, number: str) -> str | None:
    """Takes the number of a concern or alarm; returns the id of its ServiceRequest, None where
    there is none. Whoever else raises one under the number waits until the transaction ends."""
    await concerns.lock_number(connection, number)
    if await concerns.alarm(connection, number) is not None:
        return number
    found = await concerns.concern(connection, number)
    if found is None:
        return None
    rows = await connection.execute(_REQUESTS, (found[0],))
    return _request_of([orjson.loads(row[0]) for row in await rows.fetchall()], number)


async def patient_key(
    connection: Connection, patient_id: str, organisation: str
) -> Identifier | None:
    """Takes the id of a Patient and who asks; returns the identifier that keys the person, None
    where they may not read it."""
    row = await (await connection.execute(_PATIENT, (patient_id, organisation))).fetchone()
    return Identifier(*row) if row else None


async def raise_concern(
    connection: Connection, referred: Referred, key: Identifier, client: str, rules: Rules
) -> str:
    """Takes a concern, the identifier of the person it is about, and the API client that sent it;
    keeps it and recomputes the person. Returns the id of its ServiceRequest.

    That the organisation knows the person is itself a fact, so a concern about somebody not heard
    of yet is kept and counts once the death is known. NumberTaken: nothing may be committed.
    """
    concern = referred.concern
    told = Statement(
        source=concern.organisation,
        control_id=concern.number,
        trigger=CONCERN,
        message_hash="",
        recorded=concern.raised_at,
        identifiers=(key,),
    )
    cluster = (await facts.take(connection, told)).cluster
    await _refuse_other_person(connection, cluster, referred, key)
    await concerns.add_concern(connection, cluster, KeyedConcern(key, concern), client)
    shown = await recompute(connection, cluster, rules)
    return _request_of([one.resource for one in shown], concern.number)


async def _refuse_other_person(
    connection: Connection, cluster: int, referred: Referred, key: Identifier
) -> None:
    """Another identifier of the same person is refused as well: else the answer would tell whose
    identifiers belong together."""
    kept = await concerns.concern(connection, referred.concern.number)
    if kept is None:
        return
    is_other_identifier = referred.identifier is not None and kept[1].key != key
    if kept[0] != cluster or is_other_identifier:
        raise NumberTaken


def _request_of(shown: list[Resource], number: str) -> str:
    for resource in shown:
        if resource["resourceType"] == "ServiceRequest" and any(
            identifier["value"] == number for identifier in resource["identifier"]
        ):
            return str(resource["id"])
    raise AssertionError("a concern is drawn as soon as it is kept")


async def raise_alarm(connection: Connection, alarm: Alarm, client: str) -> str:
    """Takes an alarm and the API client that sent it; keeps it, and marks the deaths in its
    provider's scope to be looked at again. Returns the id of its ServiceRequest."""
    await concerns.add_alarm(connection, alarm, client)
    directory = await organisations.directory_of(connection, [alarm.organisation])
    drawn = Drawn(alarm_resource.request(alarm, directory), (alarm.organisation,))
    before = await resources.stored_of(connection, *drawn.key)
    if before is None or not before.shows(drawn, None):
        now = await moment.stamp(connection)
        written = await resources.writing(connection, [Change(drawn, None, before)], now)
        await together.write(connection, written.write)
        await connection.execute(_READABLE, (alarm.organisation, alarm.number))
    await facts.mark_stale(connection, [alarm.organisation])
    return alarm.number


async def take_back_concern(connection: Connection, number: str, client: str, rules: Rules) -> None:
    """Takes the number of a concern and the API client that takes it back; marks it withdrawn and
    recomputes whom it is about."""
    found = await concerns.concern(connection, number)
    assert found is not None
    cluster, keyed = found
    await clusters.lock_one(connection, cluster)
    withdrawn = KeyedConcern(keyed.key, replace(keyed.concern, is_withdrawn=True))
    await concerns.add_concern(connection, cluster, withdrawn, client)
    await recompute(connection, cluster, rules)


async def take_back_alarm(connection: Connection, number: str, client: str) -> bool:
    """Takes the number of an alarm and the API client that takes it back; marks it withdrawn.
    Returns False where the number is no alarm's."""
    alarm = await concerns.alarm(connection, number)
    if alarm is None:
        return False
    await raise_alarm(connection, replace(alarm, is_withdrawn=True), client)
    return True
