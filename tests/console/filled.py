"""A served console whose record holds a few invented people, told by messages of two trusts."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from console.feeds.inbox import Inbox
from registry.access.clients import Client
from registry.access.scopes import OF_ROLE
from registry.api.application import install
from registry.directory.organisation import Organisation
from registry.metrics import Metrics
from registry.service import Registry
from registry.settings import RegistrySettings
from tests.console.browsing import Visitor
from tests.console.served import (
    DIRECTORY,
    Clock,
    address,
    bound_socket,
    console_app,
    fill_directory,
    local_provider,
    serving,
    settings_for,
)
from tests.registry.api.message import message, number_of

Resource = dict[str, Any]
FHIR = {"Content-Type": "application/fhir+json"}


@dataclass(frozen=True)
class Someone:
    """An invented person: their name and NHS number."""

    given: str
    family: str
    number: str

    @property
    def name(self) -> str:
        """The name as the pages show it."""
        return f"{self.given} {self.family}"


NAMES = (
    ("Ada", "Ainsley"), ("Bram", "Birch"), ("Cora", "Cole"), ("Dev", "Dhillon"),
    ("Edith", "Eaves"), ("Farid", "Fell"), ("Gwen", "Garth"), ("Hal", "Holm"),
)  # fmt: skip
ADA, BRAM, CORA, DEV, EDITH, FARID, GWEN, HAL = (
    Someone(given, family, number_of(serial)) for serial, (given, family) in enumerate(NAMES, 1)
)
"""Ada had a learning disability, and left one trust before she died in another. Bram died at home
after a stay. Cora's learning disability is only possible. Dev died in the other trust. Edith, Farid
and Gwen died in the first, and are each one test's own; Hal's death was taken back."""


def _of(who: Someone, bundle: Resource) -> Resource:
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "Patient":
            resource["name"] = [{"family": who.family, "given": [who.given]}]
    return bundle


def _messages() -> list[tuple[str, Resource]]:
    told: list[tuple[str, Resource]] = []

    def tell(who: Someone, sender: str, trigger: str, **said: Any) -> None:
        said = {"recorded": f"{said.get('discharged', '2026-11-16')[:10]}T16:00:00+00:00", **said}
        control_id = f"{who.given}-{len(told) + 1}"
        made = message(trigger, sender=sender, number=who.number, control_id=control_id, **said)
        told.append((sender, _of(who, made)))

    tell(
        ADA,
        "RT2",
        "A03",
        admitted="2026-10-02",
        discharged="2026-10-19T14:30:00+01:00",
        method="1",
        flag="learning-disability",
        visit="B1",
        recorded="2026-10-19T15:00:00+01:00",
    )
    tell(
        ADA,
        "RT1",
        "A03",
        admitted="2026-10-27",
        discharged="2026-11-09",
        method="4",
        died="2026-11-09",
        visit="A1",
    )
    tell(BRAM, "RT1", "A03", admitted="2026-10-20", discharged="2026-10-30", method="1", visit="A2")
    tell(BRAM, "RT1", "A31", died="2026-11-11", recorded="2026-11-12T09:00:00+00:00")
    tell(
        CORA,
        "RT1",
        "A03",
        admitted="2026-11-01",
        discharged="2026-11-10",
        method="4",
        died="2026-11-10",
        flag="possible-learning-disability",
        visit="A3",
        recorded="2026-11-10T12:00:00+00:00",
    )
    tell(
        DEV,
        "RT2",
        "A03",
        admitted="2026-11-02",
        discharged="2026-11-12",
        method="4",
        died="2026-11-12",
        visit="B2",
    )
    for place, who in enumerate((EDITH, FARID, GWEN), 4):
        tell(
            who,
            "RT1",
            "A03",
            admitted="2026-11-03",
            discharged="2026-11-13",
            method="4",
            died="2026-11-13",
            visit=f"A{place}",
        )
    tell(
        HAL,
        "RT1",
        "A03",
        admitted="2026-11-03",
        discharged="2026-11-14",
        method="4",
        died="2026-11-14",
        visit="A9",
    )
    tell(HAL, "RT1", "A31", died=False, recorded="2026-11-16T09:00:00+00:00")
    tell(HAL, "RT1", "A13", admitted="2026-11-03", visit="A9", recorded="2026-11-16T09:01:00+00:00")
    return told  # fmt: skip


async def _tell(database: str, told: Sequence[tuple[str, Resource]]) -> None:
    """Sends messages as their senders' adapters do."""
    registry = Registry(RegistrySettings(database, "http://registry.example",
                                         allow_test_numbers=True))  # fmt: skip
    await registry.start()
    try:
        app = Starlette(routes=registry.routes)
        install(app, registry.tokens, Metrics(CollectorRegistry()))
        transport = httpx.ASGITransport(app)
        base = "http://registry.example/fhir/"
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            for sender, bundle in told:
                who = Client(f"adapter-{sender}", sender, "adapter")
                token = await registry.tokens.issue(who, OF_ROLE["adapter"])
                headers = {**FHIR, "Authorization": f"Bearer {token}"}
                answer = await client.post("$process-message", json=bundle, headers=headers)
                assert answer.status_code == 200, answer.text
    finally:
        await registry.stop()


def _told(database: str, told: Sequence[tuple[str, Resource]]) -> None:
    """In a thread of its own: a browser's test has an event loop running in this one."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, _tell(database, told)).result()


@dataclass
class FilledConsole:
    """The console's address, its database, and the clock that it goes by."""

    url: str
    database: str
    clock: Clock

    def visitor(self) -> Visitor:
        """A browser of somebody who has not been here."""
        return Visitor(httpx.Client(base_url=self.url, timeout=30))

    def tell(self, sender: str, bundle: Resource) -> None:
        """Sends one more message."""
        _told(self.database, [(sender, bundle)])


@contextmanager
def filled_console(
    database: str,
    inbox: Inbox | None = None,
    directory: Sequence[Organisation] = DIRECTORY,
) -> Generator[FilledConsole]:
    """Takes an empty registry database, and the feed of an adapter if one is shown; gives the
    console on it, with everybody told of."""
    fill_directory(database, directory)
    _told(database, _messages())
    clock, bound = Clock(), bound_socket()
    provider = local_provider(address(bound), clock, directory)
    settings = settings_for(database, address(bound), provider.settings)
    with serving(console_app(settings, clock, provider.routes, inbox), bound) as url:
        yield FilledConsole(url, database, clock)
