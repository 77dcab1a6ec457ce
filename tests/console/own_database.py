"""A registry database for a whole module of tests."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from postgres.embedded import EmbeddedServer
from tests.registry.conftest import NUMBERS, TEMPLATE


@contextmanager
def own_database(server: EmbeddedServer) -> Generator[str]:
    """Takes the server of the template; gives the address of a database that is gone afterwards."""
    name = f"registry_module_{next(NUMBERS)}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        yield server.url(name)
        connection.execute(drop.format(sql.Identifier(name)))
