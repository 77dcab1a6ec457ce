"""A registry that may send to this machine, and endpoints for it to send to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from registry.directory import loading
from registry.service import Registry
from registry.settings import RegistrySettings
from registry.subscriptions.endpoints import Endpoints
from registry.subscriptions.settings import SubscriptionSettings
from registry.subscriptions.topics import TOPICS
from tests.registry.api.conftest import BASE, ask
from tests.registry.core.stating import DIRECTORY
from tests.registry.subscriptions.receiver import Receiver, receiving

__all__ = ["ask"]
Resource = dict[str, Any]
FHIR = {"Content-Type": "application/fhir+json"}
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
SETTINGS = SubscriptionSettings(
    Endpoints(is_loopback_allowed=True), patience=timedelta(hours=1), seconds=0.05
)
Subscribe = Callable[..., Awaitable[Resource]]


@pytest.fixture
async def registry(database_url: str) -> AsyncGenerator[Registry]:
    with psycopg.connect(database_url) as connection:
        loading.load(connection, DIRECTORY.values())
    settings = RegistrySettings(database_url, BASE, allow_test_numbers=True, subscriptions=SETTINGS)
    running = Registry(settings)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as made:
        yield made


def wanted(
    endpoint: str,
    topic: str = "review-proposed",
    content: str | None = None,
    filters: tuple[str, ...] = (),
    **channel: Any,
) -> Resource:
    """A Subscription as a client writes it; `heartbeat_period`, `timeout` and `max_count` are its
    channel's extensions, `header` and `type` elements of it."""
    kinds = {"max_count": "valuePositiveInt"}
    extensions = [
        {
            "url": f"{BACKPORT}backport-{name.replace('_', '-')}",
            kinds.get(name, "valueUnsignedInt"): channel.pop(name),
        }
        for name in ("heartbeat_period", "timeout", "max_count")
        if name in channel
    ]
    made: Resource = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "Our reviewers' work list",
        "criteria": TOPICS[topic].url,
        "channel": {
            "type": "rest-hook",
            "endpoint": endpoint,
            "payload": "application/fhir+json",
            **channel,
        },
    }
    if extensions:
        made["channel"]["extension"] = extensions
    if content is not None:
        said = {"url": f"{BACKPORT}backport-payload-content", "valueCode": content}
        made["channel"]["_payload"] = {"extension": [said]}
    if filters:
        made["_criteria"] = {
            "extension": [
                {"url": f"{BACKPORT}backport-filter-criteria", "valueString": one}
                for one in filters
            ]
        }
    return made


async def created(client: httpx.AsyncClient, sent: Resource) -> Resource:
    """The Subscription as it was created."""
    answer = await client.post("Subscription", json=sent, headers=FHIR)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def changed(client: httpx.AsyncClient, subscription: Resource, **to: Any) -> httpx.Response:
    """Reads the Subscription, and updates it with elements changed."""
    address = f"Subscription/{subscription['id']}"
    now = (await client.get(address)).json()
    match = {"If-Match": f'W/"{now["meta"]["versionId"]}"'}
    return await client.put(address, json=now | to, headers=FHIR | match)


async def standing(client: httpx.AsyncClient, subscription: Resource) -> dict[str, Any]:
    """What `$status` says of the Subscription, by name."""
    answer = await client.get(f"Subscription/{subscription['id']}/$status")
    assert answer.status_code == 200, answer.text
    (entry,) = answer.json()["entry"]
    return {
        one["name"]: next(v for k, v in one.items() if k != "name")
        for one in entry["resource"]["parameter"]
    }


async def until_status(client: httpx.AsyncClient, subscription: Resource, status: str) -> Resource:
    """Waits until the Subscription has a status; returns it."""
    async with asyncio.timeout(30):
        while True:
            now = (await client.get(f"Subscription/{subscription['id']}")).json()
            if now["status"] == status:
                return now
            await asyncio.sleep(0.02)
