"""A real PostgreSQL for the adapter's tests: one server, a fresh database for each test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from adapter.database import prepare
from adapter.metrics import Metrics
from postgres.embedded import EmbeddedServer, acquire, ensure_database
from prometheus_client import CollectorRegistry

_TEMPLATE = "adapter_template"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def adapter_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A running server with a migrated database to copy."""
    directory: Path = tmp_path_factory.mktemp("adapter-postgres")
    with acquire(directory) as lease:
        server = lease.server
        ensure_database(server, _TEMPLATE)
        prepare(server.url(_TEMPLATE))
        yield server


@pytest.fixture
def database(adapter_server: EmbeddedServer) -> Iterator[str]:
    """The URL of a database with the adapter's schema and nothing in it."""
    name = f"adapter_{next(_numbers)}"
    with psycopg.connect(adapter_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}".encode())
        yield adapter_server.url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def metrics() -> Metrics:
    """Metrics of their own, so that tests do not count into each other."""
    return Metrics(CollectorRegistry())
