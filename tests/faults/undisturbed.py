"""What a registry holds that was told the same messages, one after the other, and whose database
never failed: in this process, by the same code, on a database of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import httpx
import psycopg
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from adapter import rules
from mappings import Site
from registry import database as registry_database
from registry.access.clients import Client
from registry.access.scopes import OF_ROLE
from registry.api.application import install
from registry.directory import loading
from registry.metrics import Metrics
from registry.service import Registry
from registry.settings import RegistrySettings
from tests.faults.area import IDS, Area
from tests.registry.core.stating import DIRECTORY
from tests.registry.subscriptions.conftest import FHIR

NAME = "undisturbed"


class Undisturbed:
    """Beside an area, on the same server: told only when nothing fails there."""

    def __init__(self, area: Area) -> None:
        self._area = area
        self._treat = rules.treatment(Site.default())
        self._told: set[bytes] = set()

    @property
    def url(self) -> str:
        """Its database."""
        return self._area.database.url_of(NAME)

    async def told(self, messages: Iterable[bytes]) -> None:
        """Takes messages; returns once all that are new are in."""
        if not self._told:
            await asyncio.to_thread(self._fill)
        new = [raw for raw in messages if raw not in self._told]
        registry = Registry(RegistrySettings(self.url, self._area.public, allow_test_numbers=True))
        await registry.start()
        try:
            await self._tell(registry, new)
        finally:
            await registry.stop()
        self._told.update(new)

    async def _tell(self, registry: Registry, messages: list[bytes]) -> None:
        app = Starlette(routes=registry.routes)
        install(app, registry.tokens, Metrics(CollectorRegistry()))
        who = Client("undisturbed", None, "adapter")
        token = await registry.tokens.issue(who, OF_ROLE["adapter"])
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url=f"{self._area.public}/fhir/",
            headers={"Authorization": f"Bearer {token}", **FHIR},
        ) as http:
            for raw in messages:
                bundle = self._treat(raw).bundle
                assert bundle is not None, raw
                answer = await http.post("$process-message", content=bundle)
                assert answer.status_code == 200, answer.text

    def _fill(self) -> None:
        with psycopg.connect(self._area.database.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {NAME}")
        registry_database.prepare(self.url)
        with psycopg.connect(self.url) as connection:
            loading.load(connection, DIRECTORY.values())
            connection.execute(
                "INSERT INTO registry.secret (name, value) VALUES ('resource-ids', %s)", [IDS]
            )
