"""The national services' stand-in over real HTTP, and a feed that reads it into a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import httpx
import pytest
import uvicorn
from joserfc.jwk import RSAKey
from prometheus_client import CollectorRegistry

from conformance.national_stand_in.application import DEMOGRAPHICS, FLAGS, TOKEN, StandIn
from conformance.national_stand_in.mesh import Exchange
from conformance.national_stand_in.people import Person
from conformance.national_stand_in.tokens import TokenAddress
from registry.audit.recorder import Recorder
from registry.national.event import Event, Kind
from registry.national.feed import Feed
from registry.national.metrics import NationalMetrics
from registry.national.pointers import standing
from registry.national.settings import ApplicationKey, NationalSettings
from tests.end_to_end.exchange import free_port
from tests.registry.core.stating import NUMBER
from tests.registry.store.conftest import RULES, Store, store

__all__ = ["store"]

CLIENT, KEY_ID, SHARED_KEY = "lfd-test", "lfd-test-1", b"shared by all"
SERVER = "http://registry.example/fhir"
PATIENCE = 30.0
WHO = NUMBER.value


@dataclass
class Nation:
    """The stand-in, and how a registry reads it."""

    port: int
    stand_in: StandIn
    private_key: str

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def flags_url(self) -> str:
        """Where its patient flags are."""
        return self.url + FLAGS

    def says(self, number: str = WHO, **said: Any) -> None:
        """What the services hold of somebody from now on."""
        held = self.stand_in.people.get(number)
        version = held.version + 1 if held else 1
        usual: dict[str, Any] = {"number": number, "version": version}
        self.stand_in.people[number] = Person(**{**usual, **said})

    def settings(self, **said: Any) -> NationalSettings:
        """The settings of a registry that reads it; fast, unless the test is about the pace."""
        key = ApplicationKey(CLIENT, self.private_key, KEY_ID, self.url + TOKEN)
        usual: dict[str, Any] = {"per_second": 1000}
        return NationalSettings(self.url + DEMOGRAPHICS, key, **{**usual, **said})


@pytest.fixture(scope="session")
def application_key() -> RSAKey:
    return RSAKey.generate_key(2048, private=True)


@pytest.fixture
def nation(application_key: RSAKey) -> Iterator[Nation]:
    with serving_nation(application_key) as made:
        yield made


@contextmanager
def serving_nation(application_key: RSAKey) -> Generator[Nation]:
    """Takes the key that an application registered; gives the stand-in, served until the end."""
    port = free_port()
    public = application_key.as_pem(private=False).decode()
    tokens = TokenAddress(f"http://127.0.0.1:{port}{TOKEN}", CLIENT, KEY_ID, public)
    stand_in = StandIn(tokens, Exchange(SHARED_KEY), per_second=1000)
    config = uvicorn.Config(
        stand_in.application(), host="127.0.0.1", port=port, log_level="error", ws="none"
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    made = Nation(port, stand_in, application_key.as_pem(private=True).decode())
    _wait_until_it_serves(made)
    try:
        yield made
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


def _wait_until_it_serves(nation: Nation) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
        assert client.get(f"{nation.url}/stand-in/asked").status_code == 200


@dataclass
class Reader:
    """A feed as a test speaks to it."""

    feed: Feed
    store: Store
    counted: CollectorRegistry

    async def hears(self, *events: Event) -> None:
        """Events come, and what they point to is read."""
        await self.feed.reception.take(events, "test")
        await self.settled()

    async def settled(self, *, failing: int = 0) -> None:
        """Waits until all is read but what fails."""
        async with asyncio.timeout(PATIENCE):
            while True:
                async with self.store.pool.connection() as connection:
                    now = await standing(connection)
                if (
                    sum(one.waiting for one in now.values())
                    == failing
                    == sum(one.failing for one in now.values())
                ):
                    return
                await asyncio.sleep(0.01)

    def count(self, name: str, **labels: str) -> float:
        """A metric's value."""
        return self.counted.get_sample_value(f"registry_national_{name}", labels) or 0.0


@dataclass
class Readers:
    """Feeds on one database."""

    store: Store

    @asynccontextmanager
    async def reading(self, settings: NationalSettings) -> AsyncGenerator[Reader]:
        """A feed that runs until the end."""
        counted = CollectorRegistry()
        pool, recorder = self.store.pool, Recorder(self.store.pool)
        feed = Feed(pool, RULES, settings, recorder, SERVER, NationalMetrics(counted))
        await feed.start()
        try:
            yield Reader(feed, self.store, counted)
        finally:
            await feed.stop()


@dataclass
class Events:
    """Events with ids of their own."""

    made: int = field(default=0)

    def death(self, number: str = WHO) -> Event:
        """A death notification."""
        self.made += 1
        return Event("spine", f"event-{self.made}", "pds-death-notification-2", number)

    def flags(self, number: str = WHO) -> Event:
        """A change of patient flags."""
        self.made += 1
        event = Event("flags", f"event-{self.made}", "patientflags-change-1", number)
        assert event.kind is Kind.ADJUSTMENTS
        return event


@pytest.fixture
def readers(store: Store) -> Readers:
    return Readers(store)


@pytest.fixture
def events() -> Events:
    return Events()
