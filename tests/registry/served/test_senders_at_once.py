"""Many senders at once, through two processes over HTTP, end where one sender after another would,
and none sees a deadlock."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import psycopg

from tests.registry.api.message import message, number_of
from tests.registry.api.test_reviews import FHIR
from tests.registry.core.stating import T1, T2
from tests.registry.served.conftest import Served

Resource = dict[str, Any]
PEOPLE = 50
SENDERS = 16
STATE = """
    SELECT type, id, status, owner, content::jsonb - 'meta' - 'authoredOn' - 'lastModified'
    FROM registry.resource
    WHERE type <> 'Organization'
    AND status IS DISTINCT FROM 'cancelled' AND status IS DISTINCT FROM 'entered-in-error'
    AND NOT (content::jsonb ? 'active')
    ORDER BY type, id
"""


def _story(serial: int) -> list[Resource]:
    """One person's messages: two trusts, a merge, a death that is taken back and told again."""
    number, a, b = number_of(serial), f"A{serial}", f"B{serial}"
    return [
        message("A01", number=None, mrn=a, admitted="2026-01-01", recorded="2026-01-01T09:00:00Z"),
        message("A03", number=None, mrn=a, discharged="2026-01-10", method="1", control_id="2",
                recorded="2026-01-10T09:00:00Z"),
        message("A31", number=number, mrn=b, died="2026-01-20", control_id="3"),
        message("A31", number=number, mrn=b, died=False, control_id="4",
                recorded="2026-03-04T09:00:00Z"),
        message("A31", number=number, mrn=b, died="2026-01-21", control_id="5",
                recorded="2026-03-05T09:00:00Z"),
        message("A40", number=number, mrn=b, prior_mrn=a, control_id="6",
                recorded="2026-02-01T09:00:00Z"),
        message("A01", sender=T2, number=number, admitted="2024-01-01", visit="W", control_id="7",
                flag="learning-disability", recorded="2024-01-01T09:00:00Z"),
    ]  # fmt: skip


def _sender(message: Resource) -> str:
    return message["entry"][1]["resource"]["identifier"][0]["value"]


def _batch(messages: list[Resource]) -> Resource:
    request = {"method": "POST", "url": "$process-message"}
    entries = [{"request": request, "resource": message} for message in messages]
    return {"resourceType": "Bundle", "type": "batch", "entry": entries}


async def _send(served: Served, messages: list[Resource], workers: int) -> None:
    """Every second worker sends up to four messages of one trust as a batch."""
    waiting = list(reversed(messages))

    async def work(number: int) -> None:
        adapters = {s: await served.client(s, "adapter", number) for s in (T1, T2)}
        most = 4 if number % 2 else 1
        while waiting:
            load = [waiting.pop()]
            sender = _sender(load[0])
            while waiting and len(load) < most and _sender(waiting[-1]) == sender:
                load.append(waiting.pop())
            path, sent = ("$process-message", load[0]) if most == 1 else ("", _batch(load))
            answer = await adapters[sender].post(path, json=sent, headers=FHIR)
            assert answer.status_code == 200, answer.text
            said: list[Resource] = answer.json()["entry"] if most > 1 else []
            assert all(one["response"]["status"] == "200 OK" for one in said), answer.text
        for adapter in adapters.values():
            await adapter.aclose()

    await asyncio.gather(*(work(number) for number in range(workers)))


def _state(database_url: str) -> list[Any]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(STATE).fetchall()


async def test_sixteen_senders_end_where_one_does(served: Served, database_url: str) -> None:
    messages = [m for serial in range(PEOPLE) for m in _story(serial)]
    shuffled = messages + random.Random(7).choices(messages, k=100)
    random.Random(8).shuffle(shuffled)
    await _send(served, shuffled, SENDERS)
    many = _state(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "TRUNCATE registry.resource, registry.resource_version, registry.involvement,"
            " registry.person_identifier, registry.person, registry.statement,"
            " registry.identifier, registry.cluster, registry.decision, registry.concern,"
            " registry.review_lead CASCADE"
        )
    await _send(served, messages, 1)
    assert _state(database_url) == many
    assert len([row for row in many if row[0] == "Task"]) == 2 * PEOPLE
