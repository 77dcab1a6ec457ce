"""Who asks too often is told to wait, and when to come again; others are served meanwhile."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx
import psycopg
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from registry.access.clients import Client
from registry.access.scopes import OF_ROLE
from registry.api.application import install
from registry.limits.buckets import SECONDS_AT_ONCE, Limits, Rate
from registry.metrics import Metrics
from registry.service import Registry
from registry.settings import RegistrySettings
from tests.registry.api.conftest import BASE
from tests.registry.core.stating import T1, T2


class Limited:
    """A registry that lets one request a second through."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._app = Starlette(routes=registry.routes)
        install(self._app, registry.tokens, Metrics(CollectorRegistry()))

    async def client(self, organisation: str | None) -> httpx.AsyncClient:
        headers: dict[str, str] = {}
        if organisation is not None:
            who = Client(organisation, organisation, "provider")
            token = await self._registry.tokens.issue(who, OF_ROLE["provider"])
            headers = {"Authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(self._app)
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers)


@pytest.fixture
async def limited(database_url: str) -> AsyncGenerator[Limited]:
    limits = Limits(Rate(1), Rate(1))
    registry = Registry(RegistrySettings(database_url, BASE, limits=limits))
    await registry.start()
    yield Limited(registry)
    await registry.stop()


async def answers(client: httpx.AsyncClient, method: str, address: str) -> list[httpx.Response]:
    return [await client.request(method, address) for _ in range(SECONDS_AT_ONCE * 3)]


async def test_a_client_is_told_to_wait_and_others_are_not(limited: Limited) -> None:
    busy, other = await limited.client(T1), await limited.client(T2)
    found = await answers(busy, "GET", "/fhir/Organization/X")
    refused = [one for one in found if one.status_code == 429]
    assert refused and all(one.status_code == 404 for one in found[:SECONDS_AT_ONCE])
    assert refused[0].headers["retry-after"] == "1"
    (issue,) = refused[0].json()["issue"]
    assert issue["code"] == "throttled"
    assert issue["details"]["coding"][0]["code"] == "TOO_MANY_REQUESTS"
    assert (await other.get("/fhir/Organization/X")).status_code == 404


async def test_wrong_tokens_neither_fill_the_record_nor_keep_us_busy(
    limited: Limited, database_url: str
) -> None:
    stranger, client = await limited.client(None), await limited.client(T1)
    found = await answers(stranger, "GET", "/fhir/Task")
    assert {one.status_code for one in found} == {401, 429}
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM registry.audit_event").fetchone()
    assert row == (sum(one.status_code == 401 for one in found),)
    # From the same address, but known to us.
    assert (await client.get("/fhir/Organization/X")).status_code == 404


async def test_the_token_endpoint_is_limited_by_address(limited: Limited) -> None:
    stranger = await limited.client(None)
    found = await answers(stranger, "POST", "/oauth2/token")
    assert {one.status_code for one in found} == {400, 429}
    last = [one for one in found if one.status_code == 429][-1]
    assert last.json()["error"] == "temporarily_unavailable"
    assert int(last.headers["retry-after"]) >= 1


async def test_what_needs_no_token_is_not_limited(limited: Limited) -> None:
    stranger = await limited.client(None)
    found = await answers(stranger, "GET", "/fhir/metadata")
    assert {one.status_code for one in found} == {200}
