"""Two registry processes deliver: killed in the middle, beside an endpoint that never answers, with
many writers at once, every subscriber has every event, in order."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from registry import database
from registry.access.clients import Client
from registry.access.roles import Role
from registry.access.scopes import OF_ROLE
from registry.access.settings import AccessSettings
from registry.access.tokens import AccessTokens
from registry.directory import loading
from tests.end_to_end.exchange import free_port
from tests.registry.api.message import message, number_of
from tests.registry.core.stating import DIRECTORY, T1
from tests.registry.subscriptions.conftest import FHIR, created, standing, until_status, wanted
from tests.registry.subscriptions.receiver import Receiver, hangs, receiving

Resource = dict[str, Any]
PUBLIC = "http://registry.example"
KILLS = 40 if os.environ.get("LFD_NIGHTLY") else 3
DEATHS = 200 if os.environ.get("LFD_NIGHTLY") else 24


@dataclass
class Processes:
    """Registries on one database; each may be killed and started again."""

    database: str
    tokens: AccessTokens
    hosts: list[str]
    log: Path
    running: list[tuple[subprocess.Popen[bytes], int]] = field(
        default_factory=list[tuple[subprocess.Popen[bytes], int]]
    )

    def start(self) -> None:
        port = free_port()
        words = [sys.executable, "-m", "lfd", "registry", "--database", self.database]
        words += ["--public-url", PUBLIC, "--allow-test-numbers", "--http", f"127.0.0.1:{port}"]
        words += ["--subscription-hosts", *self.hosts]
        with self.log.open("ab") as log:
            self.running.append((subprocess.Popen(words, stdout=log, stderr=log), port))

    def kill(self) -> None:
        """Kills the process that is oldest, and starts another."""
        process, _ = self.running.pop(0)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        self.start()

    async def client(self, organisation: str, role: Role) -> httpx.AsyncClient:
        """A client of the process that was started last, once that is ready."""
        url = f"http://127.0.0.1:{self.running[-1][1]}"
        await self._ready(url)
        who = Client(f"{role}-{organisation}", organisation, role)
        token = await self.tokens.issue(who, OF_ROLE[role])
        return httpx.AsyncClient(
            base_url=f"{url}/fhir/", headers={"Authorization": f"Bearer {token}"}, timeout=60
        )

    async def _ready(self, url: str) -> None:
        async with asyncio.timeout(60), httpx.AsyncClient() as http:
            while True:
                assert self.running[-1][0].poll() is None, self.log.read_text()
                try:
                    if (await http.get(f"{url}/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.05)

    def stop(self) -> None:
        with ExitStack() as stack:
            for process, _ in self.running:
                stack.callback(process.wait, 30)
                process.terminate()


@pytest.fixture
async def dead() -> AsyncGenerator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.fixture
async def processes(
    database_url: str, tmp_path: Path, receiver: Receiver, dead: Receiver
) -> AsyncGenerator[Processes]:
    with psycopg.connect(database_url) as connection:
        loading.load(connection, DIRECTORY.values())
    hosts = [f"127.0.0.1:{receiver.port}", f"127.0.0.1:{dead.port}"]
    # Not a whole registry: that would deliver here, where nothing dies.
    async with database.pool(database_url, 2) as pool:
        tokens = AccessTokens(AccessSettings.at(PUBLIC), pool)
        made = Processes(database_url, tokens, hosts, tmp_path / "registry.log")
        made.start()
        made.start()
        yield made
        made.stop()


async def dies(client: httpx.AsyncClient, serial: int) -> None:
    told = message(
        "A03", number=number_of(serial), admitted="2026-01-05", discharged="2026-01-10",
        method="4", died="2026-01-10", control_id=str(serial), visit=f"V{serial}",
    )  # fmt: skip
    answer = await client.post("$process-message", json=told, headers=FHIR)
    assert answer.status_code == 200, answer.text


@pytest.mark.timeout(1800)
async def test_killed_in_the_middle_nothing_is_lost_or_out_of_order(
    processes: Processes, receiver: Receiver, dead: Receiver
) -> None:
    provider = await processes.client(T1, "provider")
    live = await created(provider, wanted(receiver.url, max_count=2))
    beside = await created(provider, wanted(dead.url, timeout=30))
    await until_status(provider, live, "active")
    await until_status(provider, beside, "active")
    # From now on it takes the connection and never answers.
    dead.behaviour = hangs
    delivered = asyncio.Event()

    async def slowly(writer: asyncio.StreamWriter) -> None:
        """So that a kill finds a delivery under way."""
        delivered.set()
        await asyncio.sleep(0.05)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()

    receiver.behaviour = slowly
    serial = 0
    for _ in range(KILLS):
        adapter = await processes.client(T1, "adapter")
        delivered.clear()
        some = range(serial, serial + DEATHS // KILLS)
        serial = some.stop
        async with adapter:
            await asyncio.gather(*(dies(adapter, one) for one in some))
        await delivered.wait()
        processes.kill()
    # The rest of the first two processes goes too: who is left was started afterwards.
    await provider.aclose()
    provider = await processes.client(T1, "provider")
    await receiver.until(lambda: set(receiver.numbers) == set(range(1, serial + 1)), 120)
    seen = 0
    for number in receiver.numbers:
        # At least once: what was sent and not yet noted comes again; never one before its turn.
        assert number <= seen + 1, receiver.numbers
        seen = max(seen, number)
    focuses = {
        event["event-number"]: event["focus"]["reference"]
        for one in receiver.of("event-notification")
        for event in one.events
    }
    assert len(set(focuses.values())) == serial, "every death's review, each under one number"
    # The other has had its events too, and is still waited for; it kept nobody.
    said = await standing(provider, beside)
    assert said["events-since-subscription-start"] == str(serial)
    assert dead.numbers, "it was tried"
    await provider.aclose()
