"""A console with the local provider on a real socket, on a database of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext

from console.settings import ConsoleSettings
from postgres.embedded import EmbeddedServer
from tests.console.browsing import Visitor
from tests.console.filled import FilledConsole, filled_console
from tests.console.looking import chromium_path, running_chromium
from tests.console.npm_packages import installed
from tests.console.served import (
    Clock,
    address,
    bound_socket,
    console_app,
    fill_directory,
    local_provider,
    serving,
    settings_for,
)
from tests.registry.conftest import database_url, new_database, registry_server

__all__ = ["database_url", "registry_server"]

WIDTHS = [1280, 320]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        pytest.skip("Chromium is needed for this, and is not on this machine")
    with running_chromium(path) as browser:
        yield browser


@pytest.fixture(params=WIDTHS)
def window(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    """A window as wide as a desk's screen, and one as wide as a small phone's."""
    context = chromium.new_context(viewport={"width": request.param, "height": 800})
    yield context
    context.close()


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest) -> str:
    cache = request.config.cache
    assert cache is not None
    return (installed(cache) / "node_modules/axe-core/axe.min.js").read_text()


@dataclass
class Local:
    """A console whose people sign in by the local provider."""

    url: str
    settings: ConsoleSettings
    clock: Clock

    @property
    def database(self) -> str:
        """Its database."""
        return self.settings.database

    def visitor(self) -> Visitor:
        """A browser of somebody who has not been here."""
        return Visitor(httpx.Client(base_url=self.url, timeout=30))


@pytest.fixture(scope="module")
def filled(registry_server: EmbeddedServer) -> Iterator[FilledConsole]:
    """A console with a record of a few invented people, for all tests of a module."""
    with new_database(registry_server) as url, filled_console(url) as console:
        yield console


@pytest.fixture
def local(database_url: str) -> Iterator[Local]:
    fill_directory(database_url)
    clock, bound = Clock(), bound_socket()
    provider = local_provider(address(bound), clock)
    settings = settings_for(database_url, address(bound), provider.settings)
    with serving(console_app(settings, clock, provider.routes), bound) as url:
        yield Local(url, settings, clock)


@pytest.fixture
def visitor(local: Local) -> Iterator[Visitor]:
    with local.visitor() as one:
        yield one
