"""A real PostgreSQL for the registry's tests: one server, and a fresh migrated database per
test."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib.resources import files
from itertools import count

import psycopg
import pytest
from psycopg import sql

from postgres.embedded import EmbeddedServer, acquire, ensure_database
from postgres.migrate import migrate

TEMPLATE = "registry_template"
NUMBERS = count(1)


@pytest.fixture(scope="session")
def registry_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """The server, with a template database that has had all of registry/schema."""
    with acquire(tmp_path_factory.mktemp("postgres")) as lease:
        ensure_database(lease.server, TEMPLATE)
        with psycopg.connect(lease.server.url(TEMPLATE)) as connection:
            migrate(connection, "registry", files("registry") / "schema")
        yield lease.server


@pytest.fixture
def database_url(registry_server: EmbeddedServer) -> Iterator[str]:
    """The address of an empty registry database of the test's own, gone afterwards."""
    with new_database(registry_server) as url:
        yield url


@contextmanager
def new_database(server: EmbeddedServer) -> Generator[str]:
    """Takes the server; gives the address of an empty registry database, gone afterwards."""
    name = f"registry_{next(NUMBERS)}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        yield server.url(name)
        connection.execute(drop.format(sql.Identifier(name)))
