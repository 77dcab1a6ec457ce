"""An alarm on a service: raised over the API, and followed without waiting for the clock's turn."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from conformance import canonical
from registry.clock import SECONDS
from tests.registry.api.conftest import Ask
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL, tasks, tell
from tests.registry.core.stating import T1, T2

Resource = dict[str, Any]
WITHIN = SECONDS / 3


def alarm(begins: str = "2026-01-01") -> Resource:
    """An alarm on deaths after stroke, which the registry cannot match and so asks people about."""
    kind = {"coding": [{"system": canonical.ALARM_SUBJECT, "code": "diagnosis-group"}]}
    group = {
        "resourceType": "Group",
        "id": "deaths",
        "type": "person",
        "actual": False,
        "characteristic": [
            {"code": kind, "valueCodeableConcept": {"text": "stroke"}, "exclude": False}
        ],
    }
    return {
        "resourceType": "ServiceRequest",
        "contained": [group],
        "status": "active",
        "intent": "proposal",
        "subject": {"reference": "#deaths"},
        "occurrencePeriod": {"start": begins},
        "reasonCode": [{"coding": [{"system": canonical.ALARM_KIND, "code": "service-alarm"}]}],
    }


def notes(task: Resource) -> list[str]:
    of_kind = [i for i in task["input"] if i["type"]["coding"][0]["code"] == "note"]
    return [note["valueString"] for note in of_kind]


async def the_review(client: httpx.AsyncClient) -> Resource:
    """The review: while the alarm stands there is a question beside it."""
    (task,) = await tasks(client, code="case-record-review")
    return task


async def test_an_alarm_is_followed_at_once_and_so_is_its_end(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    made = await provider.post("ServiceRequest", json=alarm(), headers=FHIR)
    assert made.status_code == 201, made.text

    async def until(expected: bool) -> None:
        while bool(notes(await the_review(provider))) is not expected:
            await asyncio.sleep(0.05)

    await asyncio.wait_for(until(True), WITHIN)
    assert "An alarm stands on stroke" in notes(await the_review(provider))[0]
    kept = made.json()
    match = {"If-Match": made.headers["etag"]}
    ended = await provider.put(
        f"ServiceRequest/{kept['id']}", json={**kept, "status": "revoked"}, headers=FHIR | match
    )
    assert ended.status_code == 200, ended.text
    await asyncio.wait_for(until(False), WITHIN)


async def test_an_alarm_is_seen_by_its_provider_only_and_raised_by_no_board(ask: Ask) -> None:
    provider, other = await ask(T1, "provider"), await ask(T2, "provider")
    made = await provider.post("ServiceRequest", json=alarm(), headers=FHIR)
    address = f"ServiceRequest/{made.json()['id']}"
    assert (await provider.get(address)).status_code == 200
    assert (await other.get(address)).status_code == 404
    board = await ask("QX1", "icb")
    assert (await board.post("ServiceRequest", json=alarm(), headers=FHIR)).status_code == 403
