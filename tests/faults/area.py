"""A whole exchange as it runs in production, in processes of its own, with a relay on every way
between them:

    sender -> adapter -> registries -> subscriber
                 |           |
                 +-> PostgreSQL <-+
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import psycopg

from lfd.keys import private_key, public_key
from registry import database as registry_database
from registry.access import clients
from registry.access.clients import Client
from registry.access.scopes import OF_ROLE
from registry.access.settings import AccessSettings
from registry.access.tokens import AccessTokens
from registry.directory import loading
from tests.end_to_end.exchange import free_port
from tests.faults.database import Database
from tests.faults.relay import Relay
from tests.faults.sender import Sender
from tests.faults.supervised import Supervised
from tests.registry.core.stating import DIRECTORY, T1
from tests.registry.subscriptions.conftest import FHIR, wanted
from tests.registry.subscriptions.receiver import Receiver, receiving

ADAPTER = "adapter-of-RT1"
SUBSCRIBER = "provider-RT1"
# The same in every area, so that the same person has the same resource ids in all of them.
IDS = b"the secret of resource ids here."


class Area:
    """Everything that runs; see `running`."""

    def __init__(self, root: Path, registries: int, receiver: Receiver) -> None:
        self.root = root
        self.database = Database(root / "data")
        self.receiver = receiver
        self.registry_ports = [free_port() for _ in range(registries)]
        self.adapter_mllp, self.adapter_http = free_port(), free_port()
        self.to_registry = Relay([("127.0.0.1", port) for port in self.registry_ports])
        self.to_adapter = Relay([("127.0.0.1", self.adapter_mllp)])
        self.to_subscriber = Relay([("127.0.0.1", receiver.port)])
        self.adapter_to_database = Relay([])
        self.registry_to_database = Relay([])
        self.registries: list[Supervised] = []
        self.sender: Sender

    @property
    def public(self) -> str:
        """Where the registries are, for everybody."""
        return f"http://127.0.0.1:{self.to_registry.port}"

    @property
    def relays(self) -> list[Relay]:
        """All of them."""
        return [
            self.to_registry,
            self.to_adapter,
            self.to_subscriber,
            self.adapter_to_database,
            self.registry_to_database,
        ]

    async def prepare(self) -> None:
        """Starts the database, with who is known in it, and the relays."""
        await self.database.start()
        self.adapter_to_database.targets = [self.database.socket]
        self.registry_to_database.targets = [self.database.socket]
        for relay in self.relays:
            await relay.start()
        await asyncio.to_thread(self._fill)
        self.registries = [
            self._registry(port, number) for number, port in enumerate(self.registry_ports)
        ]
        words = ["adapter", "--database", self._url(self.adapter_to_database)]
        words += ["--registry", self.public, "--client", ADAPTER, "--key", str(self._key)]
        words += ["--mllp", f"127.0.0.1:{self.adapter_mllp}"]
        words += ["--http", f"127.0.0.1:{self.adapter_http}"]
        ready = f"http://127.0.0.1:{self.adapter_http}/readyz"
        self.adapter = Supervised(words, ready, self.root / "adapter.log")
        self.sender = Sender(self.to_adapter.port)

    @property
    def processes(self) -> list[Supervised]:
        """The adapter and the registries."""
        return [self.adapter, *self.registries]

    async def ready(self) -> None:
        """Returns once all of it is."""
        await self.database.running()
        await asyncio.gather(*(one.ready() for one in self.processes))

    async def subscribe(self) -> None:
        """Has Trust One told of reviews that it is asked to lead; returns once that is active."""
        async with registry_database.pool(self.database.url, 2) as pool:
            tokens = AccessTokens(AccessSettings.at(self.public), pool)
            who = Client(SUBSCRIBER, T1, "provider")
            token = await tokens.issue(who, OF_ROLE["provider"])
        headers = {"Authorization": f"Bearer {token}", **FHIR}
        body = wanted(f"http://127.0.0.1:{self.to_subscriber.port}/told", max_count=2)
        async with httpx.AsyncClient(timeout=30) as http:
            answer = await http.post(f"{self.public}/fhir/Subscription", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        await self.receiver.until(lambda: bool(self.receiver.of("handshake")))

    def log(self, of: str = "") -> str:
        """Takes how a process's name begins; returns all that those so named have printed."""
        return "\n".join(
            f"--- {path.name}\n{path.read_text()}" for path in sorted(self.root.glob(f"{of}*.log"))
        )

    @property
    def _key(self) -> Path:
        return self.root / "adapter.pem"

    def _url(self, relay: Relay) -> str:
        return (
            f"postgresql://postgres@127.0.0.1:{relay.port}/lfd?sslmode=disable&gssencmode=disable"
        )

    def _registry(self, port: int, number: int) -> Supervised:
        words = ["registry", "--database", self._url(self.registry_to_database)]
        words += ["--http", f"127.0.0.1:{port}", "--public-url", self.public]
        words += ["--allow-test-numbers"]
        # All requests come from this machine, and every start of an adapter asks for a token.
        words += ["--address-rate", "1000", "--client-rate", "10000"]
        words += ["--subscription-hosts", f"127.0.0.1:{self.to_subscriber.port}"]
        ready = f"http://127.0.0.1:{port}/readyz"
        return Supervised(words, ready, self.root / f"registry{number}.log")

    def _fill(self) -> None:
        url = self.database.url
        registry_database.prepare(url)
        public = public_key(private_key(self._key))
        with psycopg.connect(url) as connection:
            loading.load(connection, DIRECTORY.values())
            clients.add(connection, ADAPTER, None, "adapter", public, for_any_organisation=True)
            clients.add(connection, SUBSCRIBER, T1, "provider", public)
            connection.execute(
                "INSERT INTO registry.secret (name, value) VALUES ('resource-ids', %s)", [IDS]
            )


@asynccontextmanager
async def running(
    root: Path, registries: int = 2, environments: Mapping[str, Mapping[str, str]] | None = None
) -> AsyncGenerator[Area]:
    """Takes an empty directory, how many registries, and what is added to the environment of
    `adapter` and `registry`; gives an area that is ready, with a sender that waits for messages
    and a subscriber that is told of reviews."""
    root.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(receiving())
        area = Area(root, registries, receiver)
        stack.push_async_callback(area.database.stop)
        await area.prepare()
        for relay in area.relays:
            stack.push_async_callback(relay.stop)
        added = environments or {}
        area.adapter.environment = added.get("adapter", {})
        for process in area.registries:
            process.environment = added.get("registry", {})
        for process in area.processes:
            stack.push_async_callback(process.stop)
            await process.start()
        await area.ready()
        await area.subscribe()
        area.sender.start()
        stack.push_async_callback(area.sender.stop)
        yield area
