"""The world of the access table: made once, and only looked at afterwards."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

import psycopg
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from psycopg import sql
from starlette.applications import Starlette

from postgres.embedded import EmbeddedServer
from registry import database
from registry.api.application import install
from registry.core.identity import NumberPolicy
from registry.directory import loading
from registry.metrics import Metrics
from registry.service import Registry
from registry.settings import RegistrySettings
from registry.store.recompute import Rules
from tests.registry.access_table.world import (
    DIRECTORY,
    World,
    everybody,
    find_subjects,
    involve_everybody,
    tell_the_story,
)
from tests.registry.api.conftest import BASE
from tests.registry.conftest import TEMPLATE

NAME = "registry_access_table"


@pytest.fixture(scope="session")
def world_url(registry_server: EmbeddedServer) -> Iterator[str]:
    create, drop = "CREATE DATABASE {} TEMPLATE {}", "DROP DATABASE {} WITH (FORCE)"
    with psycopg.connect(registry_server.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL(create).format(sql.Identifier(NAME), sql.Identifier(TEMPLATE)))
        with psycopg.connect(registry_server.url(NAME)) as inside:
            loading.load(inside, DIRECTORY)
        yield registry_server.url(NAME)
        connection.execute(sql.SQL(drop).format(sql.Identifier(NAME)))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(world_url: str) -> AsyncGenerator[World]:
    registry = Registry(RegistrySettings(world_url, BASE, allow_test_numbers=True))
    await registry.start()
    app = Starlette(routes=registry.routes)
    install(app, registry.tokens, Metrics(CollectorRegistry()))
    async with database.pool(world_url, size=2) as pool:
        async with pool.connection() as connection:
            ids = await database.resource_ids(connection)
        await tell_the_story(pool, Rules(NumberPolicy(allow_test_numbers=True), ids))
    clients = await everybody(registry, app)
    await involve_everybody(clients)
    contents = await find_subjects(clients)
    yield World(
        clients,
        {name: content["id"] for name, content in contents.items()},
        contents,
        contents["person"]["id"],
    )
    for client in clients.values():
        await client.aclose()
    await registry.stop()
