"""Conditional create and update of concerns, by their sender's own number."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.conformance.example_requests import ALARM, CONCERN
from tests.registry.api.conftest import Ask
from tests.registry.api.test_reviews import FHIR, IN_HOSPITAL, tell
from tests.registry.core.stating import T1, T2

Resource = dict[str, Any]
ME = {k: v for k, v in CONCERN.items() if k != "requester"}
MINE = "identifier=https://rt1.example/concern|C-1"


async def create(client: httpx.AsyncClient, sent: Resource, **headers: str) -> httpx.Response:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("ServiceRequest", json=sent, headers=FHIR | more)


async def put(client: httpx.AsyncClient, sent: Resource, **headers: str) -> httpx.Response:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.put(f"ServiceRequest?{MINE}", json=sent, headers=FHIR | more)


async def count(client: httpx.AsyncClient) -> int:
    found = (await client.get("ServiceRequest", params={"_summary": "count"})).json()
    return int(found["total"])


@pytest.mark.parametrize("sent", [ME, ALARM | {"identifier": ME["identifier"]}])
async def test_the_second_conditional_create_finds_the_first(ask: Ask, sent: Resource) -> None:
    provider = await ask(T1, "provider")
    first = await create(provider, sent, If_None_Exist=MINE)
    again = await create(provider, sent | {"status": "revoked"}, If_None_Exist=f"?{MINE}")
    assert (first.status_code, again.status_code) == (201, 200), again.text
    assert first.headers["Location"] == again.headers["Location"]
    assert (again.json(), await count(provider)) == (first.json(), 1)


async def test_at_once_exactly_one_is_made(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    answers = await asyncio.gather(
        *(create(provider, ME, If_None_Exist=MINE) for _ in range(8)),
        *(put(provider, ME) for _ in range(4)),
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * 11 + [201]
    assert len({answer.json()["id"] for answer in answers}) == await count(provider) == 1


async def test_the_number_is_each_senders_own(ask: Ask) -> None:
    one, other = await ask(T1, "provider"), await ask(T2, "provider")
    made = [await create(client, ME, If_None_Exist=MINE) for client in (one, other)]
    assert [answer.status_code for answer in made] == [201, 201]


@pytest.mark.parametrize(
    "condition",
    [
        "identifier=https://rt1.example/concern|C-2",
        "identifier=C-1",
        "status=active",
        f"{MINE}&status=active",
        "",
    ],
)
async def test_another_condition_is_refused(ask: Ask, condition: str) -> None:
    provider = await ask(T1, "provider")
    refused = await create(provider, ME, If_None_Exist=condition)
    assert refused.status_code == 412, refused.text
    assert refused.json()["issue"][0]["expression"] == ["ServiceRequest.identifier"]
    assert await count(provider) == 0


async def test_an_update_by_identifier_makes_changes_and_takes_back(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    made, same = await put(provider, ME), await put(provider, ME)
    assert (made.status_code, same.status_code, same.headers["ETag"]) == (201, 200, 'W/"1"')
    changed = await put(provider, ME | {"note": [{"text": "More."}]}, If_Match='W/"1"')
    assert (changed.status_code, changed.json()["note"][0]["text"]) == (200, "More.")
    assert changed.json()["id"] == made.json()["id"]
    stale = await put(provider, ME | {"status": "revoked"}, If_Match='W/"1"')
    assert stale.status_code == 412
    back = await put(provider, ME | {"status": "revoked"}, If_Match='W/"2"')
    assert (back.status_code, back.json()["status"]) == (200, "revoked")
    assert await count(provider) == 1


async def test_if_match_makes_nothing_where_there_is_nothing(ask: Ask) -> None:
    provider = await ask(T1, "provider")
    assert (await put(provider, ME, If_Match='W/"1"')).status_code == 412
    assert await count(provider) == 0


async def test_the_number_of_a_concern_about_somebody_else_is_refused(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    assert (await create(provider, ME)).status_code == 201
    system = "https://fhir.nhs.uk/Id/nhs-number"
    other = {"identifier": {"system": system, "value": "9990000026"}}
    refused = await create(provider, ME | {"subject": other})
    assert refused.status_code == 422
    assert refused.json()["issue"][0]["expression"] == ["ServiceRequest.identifier"]
    # The same person by another of their identifiers: the answer must not tell that it is one.
    local = {"identifier": {"system": "https://rt1.example/mrn", "value": "T1"}}
    assert (await create(provider, ME | {"subject": local})).status_code == 422
    assert (await create(provider, ME)).status_code == 201
    assert await count(provider) == 1
