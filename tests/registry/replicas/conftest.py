"""Two registries on one primary and two streaming standbys, asked over their HTTP API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from prometheus_client import CollectorRegistry
from psycopg.conninfo import make_conninfo
from starlette.applications import Starlette

from postgres.embedded import EmbeddedServer
from registry.access.clients import Client
from registry.access.roles import Role
from registry.access.scopes import OF_ROLE
from registry.api.application import install
from registry.directory import loading
from registry.metrics import Metrics
from registry.replicas.metrics import ReplicaMetrics
from registry.replicas.reading import Replicas
from registry.service import Registry
from registry.settings import RegistrySettings
from tests.registry.core.stating import DIRECTORY
from tests.registry.replicas.standby import StandbyServer

BASE = "http://registry.example"
PATIENCE = 30.0
FHIR = {"Content-Type": "application/fhir+json"}
Resource = dict[str, Any]


@pytest.fixture(scope="module")
def standbys(registry_server: EmbeddedServer) -> Iterator[list[StandbyServer]]:
    """Two standbys of the server."""
    made: list[StandbyServer] = []
    try:
        made += [StandbyServer(registry_server), StandbyServer(registry_server)]
        yield made
    finally:
        for one in made:
            one.stop()


@pytest.fixture
def let_go(standbys: list[StandbyServer]) -> Generator[None]:
    """Whatever the test did, the standbys follow the primary before and after it."""
    yield
    for one in standbys:
        one.let_go()


@dataclass
class Process:
    """One registry, and its application."""

    registry: Registry
    app: Starlette
    counted: CollectorRegistry

    @property
    def replicas(self) -> Replicas:
        """What it reads from."""
        assert self.registry.replicas is not None
        return self.registry.replicas

    def count(self, name: str, **labels: str) -> float:
        """The value of a metric, over all of the labels that are not named."""
        return sum(
            sample.value
            for metric in self.counted.collect()
            for sample in metric.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def uses(self, standbys: int) -> None:
        """Returns when so many standbys are in use."""
        async with asyncio.timeout(PATIENCE):
            while self.count("registry_replica_in_use") != standbys:
                await self.replicas.look()


@dataclass
class Cluster:
    """A database of the primary that both standbys have, and the registries on it."""

    url: str
    database: str
    standbys: list[StandbyServer]
    processes: list[Process]
    clients: AsyncExitStack

    async def client(self, organisation: str, role: Role, process: int = 0) -> httpx.AsyncClient:
        """An HTTP client of an organisation, at one of the registries."""
        asked = self.processes[process]
        who = Client(f"{role}-{organisation}", organisation, role)
        token = await asked.registry.tokens.issue(who, OF_ROLE[role])
        made = httpx.AsyncClient(
            transport=httpx.ASGITransport(asked.app),
            base_url=f"{BASE}/fhir/",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"},
        )
        return await self.clients.enter_async_context(made)

    def hold(self) -> None:
        """Holds all standbys back."""
        for one in self.standbys:
            one.hold()

    def catch_up(self) -> None:
        """Lets all standbys go; returns when they have what the primary has now."""
        for one in self.standbys:
            one.let_go()
        for one in self.standbys:
            one.catch_up()


@asynccontextmanager
async def running(
    url: str, standbys: list[StandbyServer], lag_seconds: float = 600.0
) -> AsyncGenerator[Cluster]:
    """Takes a registry's database, its standbys, and how far behind one may be; gives two
    registries that use all of them, until the end."""
    with psycopg.connect(url) as connection:
        loading.load(connection, DIRECTORY.values())
        database = connection.info.dbname
    for one in standbys:
        one.catch_up()
    hosts = ",".join(str(one.place) for one in standbys)
    read_from = make_conninfo("", host=hosts, port="5432", user="postgres", dbname=database)
    processes: list[Process] = []
    async with AsyncExitStack() as clients:
        for _ in range(2):
            counted = CollectorRegistry()
            settings = RegistrySettings(
                url, BASE, allow_test_numbers=True, pool_size=4,
                read_database=read_from, read_lag_seconds=lag_seconds,
            )  # fmt: skip
            registry = Registry(settings, replica_metrics=ReplicaMetrics(counted))
            await registry.start()
            clients.push_async_callback(registry.stop)
            app = Starlette(routes=registry.routes)
            install(app, registry.tokens, Metrics(CollectorRegistry()))
            processes.append(Process(registry, app, counted))
        for process in processes:
            await process.uses(len(standbys))
        yield Cluster(url, database, standbys, processes, clients)


@pytest.fixture
async def cluster(
    database_url: str, standbys: list[StandbyServer], let_go: None
) -> AsyncGenerator[Cluster]:
    async with running(database_url, standbys) as made:
        yield made
