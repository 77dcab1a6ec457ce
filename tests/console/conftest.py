"""A console with the local provider on a real socket, on a database of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from console.settings import ConsoleSettings
from tests.console.browsing import Visitor
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
from tests.registry.conftest import database_url, registry_server

__all__ = ["database_url", "registry_server"]


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
