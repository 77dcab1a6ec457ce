"""A registry over its real database, asked through its HTTP API without a socket between."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable

import httpx
import psycopg
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from registry.access.clients import Client
from registry.access.roles import Role
from registry.access.scopes import OF_ROLE
from registry.api.application import install
from registry.directory import loading
from registry.metrics import Metrics
from registry.service import Registry
from registry.settings import RegistrySettings
from tests.registry.core.stating import DIRECTORY

BASE = "http://registry.example"
Ask = Callable[[str | None, Role], Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def registry(database_url: str) -> AsyncGenerator[Registry]:
    with psycopg.connect(database_url) as connection:
        loading.load(connection, DIRECTORY.values())
    running = Registry(RegistrySettings(database_url, BASE, allow_test_numbers=True))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def ask(registry: Registry) -> AsyncGenerator[Ask]:
    """Returns a maker of HTTP clients, each with a token for an organisation and a role."""
    app = Starlette(routes=registry.routes)
    install(app, registry.tokens, Metrics(CollectorRegistry()))
    clients: list[httpx.AsyncClient] = []

    async def make(organisation: str | None, role: Role) -> httpx.AsyncClient:
        who = Client(f"{role}-{organisation}", organisation, role)
        token = await registry.tokens.issue(who, OF_ROLE[role])
        made = httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url=f"{BASE}/fhir/",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"},
        )
        clients.append(made)
        return made

    yield make
    for client in clients:
        await client.aclose()
