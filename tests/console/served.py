"""A console (and the local provider) on a real socket, in a thread with its own event loop."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
import uvicorn
from prometheus_client import CollectorRegistry
from psycopg import sql
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from console.feeds.inbox import Inbox
from console.local_provider.provider import LocalProvider
from console.service import Console
from console.settings import ConsoleSettings, ProviderSettings
from console.sign_in import roles_file
from console.sign_in.admission import Admission
from registry.api.application import install
from registry.database import connect
from registry.directory.loading import load
from registry.directory.organisation import Organisation
from registry.metrics import Metrics
from registry.service import Registry
from registry.settings import RegistrySettings

DIRECTORY = (
    Organisation("QX1", "Board One", "icb"),
    Organisation("RT1", "Trust One", "acute", "QX1"),
    Organisation("RT2", "Trust <b>Two</b> & Sons", "acute", "QX1"),
    Organisation("RME", "Examiner Office One", "medical-examiner", "QX1"),
    Organisation("P81001", "Practice One", "gp", "QX1"),
)
PATIENCE = 30.0

MakeApp = Callable[[], AbstractAsyncContextManager[ASGIApp]]


@dataclass
class Clock:
    """A time that only tests move."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        """Moves it."""
        self.now += by


def bound_socket() -> socket.socket:
    """A listening socket on this machine, at a port of its own."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    return bound


def address(bound: socket.socket) -> str:
    """The address of what is served at the socket."""
    return f"http://127.0.0.1:{bound.getsockname()[1]}"


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@contextmanager
def serving(make: MakeApp, bound: socket.socket) -> Generator[str]:
    """Serves what `make` makes at the socket, until the end; gives its address."""
    ready, servers, failures = threading.Event(), list[_Quiet](), list[BaseException]()

    async def run() -> None:
        async with make() as app:
            server = _Quiet(uvicorn.Config(app, lifespan="off", log_level="warning"))
            servers.append(server)
            task = asyncio.create_task(server.serve(sockets=[bound]))
            while not server.started and not task.done():
                await asyncio.sleep(0.01)
            ready.set()
            await task

    def thread() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # handed to the test
            failures.append(error)
            ready.set()

    running = threading.Thread(target=thread)
    running.start()
    try:
        assert ready.wait(PATIENCE)
        if not failures:
            yield address(bound)
    finally:
        for server in servers:
            server.should_exit = True
        running.join(PATIENCE)
        bound.close()
        if failures:
            raise failures[0]


def console_app(
    settings: ConsoleSettings,
    clock: Clock,
    more: Sequence[BaseRoute] = (),
    inbox: Inbox | None = None,
    *,
    feeds_alone: bool = False,
) -> MakeApp:
    """Returns what makes the registry and the console's application, with routes before them, and
    the feed of an adapter; or the pages of that feed alone."""

    @asynccontextmanager
    async def make() -> AsyncGenerator[ASGIApp]:
        told = RegistrySettings(settings.database, settings.base_url, allow_test_numbers=True)
        registry = Registry(told)
        await registry.start()
        console = Console(settings, registry.api, clock, inbox, feeds_alone=feeds_alone)
        await console.start()
        try:
            api = [] if feeds_alone else registry.routes
            app = Starlette(routes=[*more, *api, *console.routes])
            install(app, registry.tokens, Metrics(CollectorRegistry()))
            yield app
        finally:
            await console.stop()
            await registry.stop()

    return make


def fill_directory(database: str, directory: Sequence[Organisation] = DIRECTORY) -> None:
    """Loads the directory of these tests, or another."""
    with connect(database) as connection:
        load(connection, directory)


def local_provider(
    base_url: str, clock: Clock, directory: Sequence[Organisation] = DIRECTORY
) -> LocalProvider:
    """The local provider for a console at an address, with the directory of these tests."""

    async def organisations() -> Sequence[Organisation]:
        return directory

    return LocalProvider(base_url, "127.0.0.1", organisations, lambda: clock().timestamp())


def settings_for(
    database: str,
    base_url: str,
    provider: ProviderSettings,
    admission: Admission | None = None,
) -> ConsoleSettings:
    """The console's settings, with the roles file that comes with it."""
    return ConsoleSettings(database, base_url, provider, admission or roles_file.default())


def count(database: str, table: str) -> int:
    """How many rows a table of the console has."""
    with psycopg.connect(database) as connection:
        row = connection.execute(
            sql.SQL("SELECT count(*) FROM registry.{}").format(sql.Identifier(table))
        ).fetchone()
    assert row is not None
    return int(row[0])
