"""Two registry processes on one database, spoken to over HTTP as any client does."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from registry.access.clients import Client
from registry.access.roles import Role
from registry.access.scopes import OF_ROLE
from registry.directory import loading
from registry.service import Registry
from registry.settings import RegistrySettings
from tests.end_to_end.exchange import free_port
from tests.registry.core.stating import DIRECTORY

PUBLIC = "http://registry.example"
PATIENCE = 60.0


@dataclass
class Served:
    """Where the processes serve, and the maker of tokens that both take: keys are in the
    database."""

    urls: list[str]
    tokens: Registry

    async def client(self, organisation: str, role: Role, process: int = 0) -> httpx.AsyncClient:
        """An HTTP client of an organisation, at one of the processes."""
        who = Client(f"{role}-{organisation}", organisation, role)
        token = await self.tokens.tokens.issue(who, OF_ROLE[role])
        return httpx.AsyncClient(
            base_url=f"{self.urls[process % len(self.urls)]}/fhir/",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"},
            timeout=60,
        )


@pytest.fixture
def processes(database_url: str, tmp_path: Path) -> Iterator[list[str]]:
    with psycopg.connect(database_url) as connection:
        loading.load(connection, DIRECTORY.values())
    ports = [free_port(), free_port()]
    log = (tmp_path / "registry.log").open("wb")
    words = [sys.executable, "-m", "lfd", "registry", "--database", database_url]
    words += ["--public-url", PUBLIC, "--allow-test-numbers"]
    running = [
        subprocess.Popen(
            [*words, "--http", f"127.0.0.1:{port}"],
            stdout=log,
            stderr=log,
        )
        for port in ports
    ]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        for url in urls:
            _wait(url, tmp_path / "registry.log")
        yield urls
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(PATIENCE)
        log.close()


def _wait(url: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"not ready:\n{log.read_text()}")


@pytest.fixture
async def served(processes: list[str], database_url: str) -> AsyncGenerator[Served]:
    tokens = Registry(RegistrySettings(database_url, PUBLIC, pool_size=2))
    await tokens.start()
    yield Served(processes, tokens)
    await tokens.stop()
