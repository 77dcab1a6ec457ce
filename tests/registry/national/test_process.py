"""The feed as it runs: a `lfd registry` process, the stand-in over HTTP, and events at the door."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from joserfc.jwk import RSAKey

from conformance.national_stand_in.application import DEMOGRAPHICS, FLAGS, TOKEN
from conformance.national_stand_in.mesh import Box
from nhs import addresses
from postgres.embedded import EmbeddedServer, ensure_database
from registry import database
from registry.access.clients import Client
from registry.access.roles import Role
from registry.access.scopes import OF_ROLE
from registry.directory import loading
from registry.service import Registry
from registry.settings import RegistrySettings
from tests.end_to_end.exchange import free_port
from tests.registry.api.message import message, number_of
from tests.registry.core.stating import DIRECTORY, T1
from tests.registry.national.conftest import CLIENT, KEY_ID, SHARED_KEY, Nation, serving_nation
from tests.registry.national.shapes import CLOUD_EVENT, history

PUBLIC = "http://registry.example"
PATIENCE = 60.0
FHIR = {"Content-Type": "application/fhir+json"}
DEATH = "pds-death-notification-2"


@dataclass
class Process:
    """A `lfd registry` that reads the stand-in."""

    database: str
    nation: Nation
    folder: Path
    port: int = field(default_factory=free_port)
    running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / "registry.log"

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(self._words(), stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self.running.poll() is None, self.log.read_text()
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"not ready:\n{self.log.read_text()}")

    def kill(self) -> None:
        """Kills it, without a chance to do anything."""
        assert self.running is not None
        self.running.kill()
        self.running.wait(PATIENCE)

    def rows(self, query: Any) -> list[tuple[Any, ...]]:
        """Runs SQL beside it."""
        options = "-c search_path=registry"
        with psycopg.connect(self.database, options=options) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []

    async def wait_for(self, query: Any, wanted: list[tuple[Any, ...]]) -> None:
        """Waits until the rows are as wanted; what runs in the test's own process goes on."""
        until = time.monotonic() + PATIENCE
        while self.rows(query) != wanted:
            assert time.monotonic() < until, self.log.read_text()
            await asyncio.sleep(0.02)

    def _words(self) -> list[str]:
        files = {
            "pds-key": self.nation.private_key,
            "mesh-password": "pass word",
            "mesh-shared-key": SHARED_KEY.decode(),
        }
        for name, content in files.items():
            (self.folder / name).write_text(content)
        base = self.nation.url
        options = {
            "--database": self.database,
            "--http": f"127.0.0.1:{self.port}",
            "--public-url": PUBLIC,
            "--pds-url": base + DEMOGRAPHICS,
            "--pds-token-url": base + TOKEN,
            "--pds-client": CLIENT,
            "--pds-key-id": KEY_ID,
            "--flags-url": base + FLAGS,
            "--mesh-url": base,
            "--mesh-mailbox": "LFDOT001",
            "--mesh-seconds": "1",
            **{f"--{name}": str(self.folder / name) for name in files},
        }
        words = [sys.executable, "-m", "lfd", "registry", "--allow-test-numbers"]
        return [*words, *(word for pair in options.items() for word in pair)]


@pytest.fixture(scope="module")
def process(
    registry_server: EmbeddedServer,
    application_key: RSAKey,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Process]:
    ensure_database(registry_server, "national")
    url = registry_server.url("national")
    database.prepare(url)
    with serving_nation(application_key) as nation:
        yield from _running(url, nation, tmp_path_factory.mktemp("national"))


def _running(url: str, nation: Nation, folder: Path) -> Iterator[Process]:
    with psycopg.connect(url) as connection:
        loading.load(connection, DIRECTORY.values())
    nation.stand_in.exchange.boxes["LFDOT001"] = Box("pass word")
    nation.stand_in.exchange.boxes["X26OT001"] = Box("another")
    made = Process(url, nation, folder)
    made.start()
    yield made
    assert made.running is not None
    made.running.terminate()
    assert made.running.wait(PATIENCE) == 0, made.log.read_text()
    assert number_of(1)[:5] not in made.log.read_text()


@dataclass
class Clients:
    """Makes clients: the keys that sign tokens are in the database."""

    process: Process
    registry: Registry

    async def of(self, organisation: str, role: Role) -> httpx.AsyncClient:
        """An HTTP client of an organisation."""
        who = Client(f"{role}-{organisation}", organisation, role)
        token = await self.registry.tokens.issue(who, OF_ROLE[role])
        return httpx.AsyncClient(
            base_url=self.process.url, headers={"Authorization": f"Bearer {token}"}, timeout=60
        )

    async def leaves(self, number: str) -> None:
        """Trust One tells of a discharge."""
        async with await self.of(T1, "adapter") as adapter:
            told = message("A03", number=number, discharged="2026-01-10", method="1")
            answer = await adapter.post("/fhir/$process-message", json=told, headers=FHIR)
            assert answer.status_code == 200, answer.text


@pytest.fixture
async def clients(process: Process) -> Any:
    registry = Registry(RegistrySettings(process.database, PUBLIC, pool_size=2))
    await registry.start()
    yield Clients(process, registry)
    await registry.stop()


async def reviews(clients: Clients, number: str) -> list[Any]:
    """The case record reviews of somebody, as Trust One sees them."""
    asked = {"patient.identifier": f"{addresses.NHS_NUMBER}|{number}"}
    async with await clients.of(T1, "provider") as trust:
        found = (await trust.get("/fhir/Task", params=asked)).json().get("entry", [])
    tasks = [entry["resource"] for entry in found]
    return [t for t in tasks if t["code"]["coding"][0]["code"] == "case-record-review"]


async def test_from_a_discharge_and_a_national_event_to_a_review_with_a_lead(
    process: Process, clients: Clients
) -> None:
    who = number_of(1)
    await clients.leaves(who)
    process.nation.says(who, status="2", died="2026-01-24", impairments=["learning"])
    async with await clients.of("X26", "national") as national:
        death, flags = history(DEATH, who, "1"), history("patientflags-change-1", who, "2")
        for event in (death, flags):
            answer = await national.post("/national/events", json=event, headers=FHIR)
            assert (answer.status_code, answer.content) == (202, b"")
    await process.wait_for("SELECT 1 FROM national_pointer", [])
    # The record of it is linked into the chain without anybody asking for it.
    await process.wait_for("SELECT 1 FROM audit_unsealed", [])
    (review,) = await reviews(clients, who)
    assert (review["owner"]["identifier"]["value"], review["status"]) == (T1, "requested")
    async with await clients.of(T1, "provider") as trust:
        asked = {"patient.identifier": f"{addresses.NHS_NUMBER}|{who}"}
        found = (await trust.get("/fhir/Flag", params=asked)).json()
        codes = [e["resource"]["code"]["coding"][0]["code"] for e in found["entry"]]
        assert codes == ["possible-learning-disability"]
        metrics = (await trust.get("/metrics")).text
    assert 'registry_national_facts_total{service="demographics"} 1.0' in metrics
    assert who not in metrics


async def test_killed_between_the_event_and_the_reading_nothing_is_lost(
    process: Process, clients: Clients
) -> None:
    who = number_of(2)
    await clients.leaves(who)
    # The answer is on its way when the process dies.
    process.nation.says(who, status="2", died="2026-01-24", seconds=5.0)
    async with await clients.of("X26", "national") as national:
        event = {**CLOUD_EVENT, "subject": who}
        cloud = {"Content-Type": "application/cloudevents+json"}
        answer = await national.post("/national/events", json=event, headers=cloud)
        assert answer.status_code == 202
    until = time.monotonic() + PATIENCE
    while who not in [number for _, number in process.nation.stand_in.asked]:
        assert time.monotonic() < until
        await asyncio.sleep(0.02)
    process.kill()
    process.nation.says(who, status="2", died="2026-01-24")
    assert process.rows("SELECT count(*) FROM national_pointer") == [(1,)]
    # As if the time of the lease had gone by.
    process.rows("UPDATE national_pointer SET leased_until = now()")
    await asyncio.to_thread(process.start)
    await process.wait_for("SELECT 1 FROM national_pointer", [])
    assert len(await reviews(clients, who)) == 1


async def test_an_event_comes_by_the_mailbox(process: Process, clients: Clients) -> None:
    who = number_of(3)
    await clients.leaves(who)
    process.nation.says(who, status="1", died="2026-01-24")
    exchange = process.nation.stand_in.exchange
    event = {**CLOUD_EVENT, "id": "by-mesh", "subject": who}
    exchange.put("LFDOT001", "X26OT001", "PDS", json.dumps(event).encode())
    await process.wait_for("SELECT count(*) FROM national_event WHERE id = 'by-mesh'", [(1,)])
    await process.wait_for("SELECT 1 FROM national_pointer", [])
    until = time.monotonic() + PATIENCE
    while exchange.boxes["LFDOT001"].waiting:
        assert time.monotonic() < until
        await asyncio.sleep(0.02)
    assert len(await reviews(clients, who)) == 1


OTHERS: tuple[tuple[str, Role], ...] = ((T1, "adapter"), (T1, "provider"), ("QX1", "icb"))


async def test_the_door_is_for_national_clients_only(process: Process, clients: Clients) -> None:
    async with httpx.AsyncClient(base_url=process.url) as stranger:
        answer = await stranger.post("/national/events", json=CLOUD_EVENT)
        assert answer.status_code == 401
    for organisation, role in OTHERS:
        async with await clients.of(organisation, role) as other:
            answer = await other.post("/national/events", json=CLOUD_EVENT)
            assert answer.status_code == 403, role
    refused = process.rows(
        "SELECT content::jsonb ->> 'outcomeDesc' FROM audit_event"
        " WHERE content::jsonb ->> 'outcome' = '4' ORDER BY number"
    )
    assert refused == [("HTTP 401",), *[("HTTP 403",)] * len(OTHERS)]


async def test_the_door_says_what_is_wrong_and_never_who_is_held(
    process: Process, clients: Clients
) -> None:
    before = process.rows("SELECT count(*) FROM national_event")
    async with await clients.of("X26", "national") as national:
        wrong = {**CLOUD_EVENT, "subject": "9990000019"}
        answer = await national.post("/national/events", json=wrong)
        assert answer.status_code == 422
        assert answer.json()["issue"][0]["expression"] == ["subject"]
        assert "9990000019" not in answer.text
        plain = {"Content-Type": "text/plain"}
        answer = await national.post("/national/events", content=b"{}", headers=plain)
        assert answer.status_code == 415
        many = [{**CLOUD_EVENT, "id": str(n)} for n in range(1001)]
        answer = await national.post("/national/events", json=many)
        assert answer.status_code == 413
        stranger = {**CLOUD_EVENT, "subject": number_of(4)}
        answer = await national.post("/national/events", json=stranger)
        assert (answer.status_code, answer.content) == (202, b"")
    assert process.rows("SELECT count(*) FROM national_event") == before
