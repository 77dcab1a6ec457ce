"""The whole adapter in one event loop: the doors, the inbox, the workers, from start to stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx
from starlette.routing import BaseRoute

from adapter import database, http
from adapter.backoff import wait
from adapter.certificate import Certificate
from adapter.delivery import Delivery
from adapter.door import Door
from adapter.http_authentication import Guard
from adapter.inbox import Inbox, Limits
from adapter.metrics import Metrics
from adapter.mllp.framing import Frame, Oversize
from adapter.mllp.server import Listening, Server
from adapter.monitoring import Monitoring
from adapter.processing import Processing
from adapter.receiver import Receiver
from adapter.refusals import Refusals
from adapter.registry_client import TIMEOUT, RegistryClient
from adapter.security import Security
from adapter.token import AccessToken, Credentials, TokenSource, request_token
from adapter.traffic import Traffic
from adapter.treatment import Treat, in_turn
from adapter.treatment_process import TreatmentProcess

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an adapter is told; times in seconds. `registry` is its FHIR base address;
    `converts_aside` has messages converted in a process of its own."""

    database: str
    registry: str
    credentials: Credentials
    scope: str | None = None
    listening: Listening = field(default_factory=Listening)
    inbox: Limits = field(default_factory=Limits)
    requests_in_flight: int = 8
    stop_within: float = 10.0
    converts_aside: bool = False


class Adapter:
    """Runs from `start` to `stop`, once; or `async with Adapter(...) as adapter`."""

    def __init__(
        self,
        settings: Settings,
        door: Door,
        treat: Treat,
        metrics: Metrics | None = None,
        security: Security | None = None,
    ) -> None:
        """Takes the settings, the rules for what is let in and what becomes of it, and who may
        send it."""
        self._settings = settings
        metrics = metrics or Metrics()
        received, converted = asyncio.Event(), asyncio.Event()
        url, limit = settings.database, settings.listening.each.message
        self._http = httpx.AsyncClient(timeout=TIMEOUT)
        self._inbox = Inbox(url, metrics, received.set, settings.inbox)
        self._refusals = Refusals(url)
        self._traffic = Traffic(url)
        self._receiver = Receiver(door, self._inbox, metrics, limit, self._refusals, self._traffic)
        self._security = security or Security()
        self._guard = Guard(self._security, metrics)
        self._server = Server(settings.listening, self._handle, metrics)
        self._aside = TreatmentProcess(treat) if settings.converts_aside else None
        treat_all = self._aside.treat if self._aside else in_turn(treat)
        self._processing = Processing(url, treat_all, metrics, received, converted)
        self._delivery = Delivery(
            url, self._registry_client(), metrics, converted, settings.requests_in_flight
        )
        self._monitoring = Monitoring(url, metrics)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def mllp_port(self) -> int:
        """The port of the MLLP listener. RuntimeError when it does not listen."""
        return self._server.port

    async def start(self) -> None:
        """Brings the schema up to date, starts the workers, then opens the door.

        Raises PostgresError or psycopg.Error (no usable database), OSError (port taken).
        """
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.stop)
            await asyncio.to_thread(database.prepare, self._settings.database)
            for name, run in self._workers().items():
                self._tasks[name] = asyncio.create_task(run, name=f"adapter {name}")
            await self._server.start()
            undo.pop_all()

    async def stop(self) -> None:
        """Shuts the door, answers what was read, ends the work in hand, and closes everything.

        What is not processed or delivered by then is on disk, and goes on after the next start.
        """
        within = self._settings.stop_within
        await self._server.stop(within)
        await self._inbox.close()
        await self._refusals.close()
        self._processing.stop()
        self._delivery.stop()
        self._traffic.stop()
        if monitoring := self._tasks.pop("monitoring", None):
            monitoring.cancel()
            await asyncio.wait([monitoring])
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._aside:
            self._aside.close()
        await self._http.aclose()

    def ready(self) -> dict[str, bool]:
        """Returns what must hold for messages to be taken and passed on, each by its name.

        The registry is not among it: without it messages are taken all the same, and wait.
        """
        alive = {name: not task.done() for name, task in self._tasks.items()}
        return {
            "database": self._monitoring.database_answers,
            "mllp": self._server.is_listening,
            "inbox": alive.get("inbox", False),
            "processing": alive.get("processing", False),
            "delivery": alive.get("delivery", False),
        }

    def routes(self) -> list[BaseRoute]:
        """Returns the routes of the HTTP door, for a Starlette application."""
        return [http.route(self._receiver, self._settings.listening.each.message, self._guard)]

    async def _handle(
        self, event: Frame | Oversize, certificate: Certificate | None
    ) -> list[bytes]:
        if isinstance(event, Frame):
            by = self._security.sender_of_certificate(certificate)
            return await self._receiver.receive(event.content, by)
        return await self._receiver.refuse_oversize(event.head)

    def _registry_client(self) -> RegistryClient:
        settings = self._settings

        async def request() -> AccessToken:
            return await request_token(
                self._http, settings.registry, settings.credentials, settings.scope
            )

        return RegistryClient(self._http, settings.registry, TokenSource(request))

    def _workers(self) -> dict[str, Coroutine[None, None, None]]:
        return {
            "inbox": self._inbox.run(),
            "processing": _keep_running("processing", self._processing.run),
            "delivery": _keep_running("delivery", self._delivery.run),
            "monitoring": _keep_running("monitoring", self._monitoring.run),
            "traffic": _keep_running("traffic", self._traffic.run),
        }


async def _keep_running(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Runs a worker until it ends by itself; one that fails is started again."""
    failures = 0
    while True:
        try:
            return await run()
        except Exception as error:
            failures += 1
            _log.error(
                "worker failed and is started again name=%s error=%s", name, type(error).__name__
            )
            await asyncio.sleep(wait(failures))
