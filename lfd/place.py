"""Where the database is: in the directory of `lfd up`, or at a connection string."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg_pool import PoolTimeout

from lfd.failure import Failure
from postgres.embedded import Lease, acquire, ensure_database
from postgres.error import PostgresError
from postgres.hosts import of_writer

DATABASE = "lfd"


@contextmanager
def database(chosen: Namespace) -> Generator[str]:
    """Takes a command's --data or --database; gives the connection string, while it is in use.

    An embedded server that nobody runs is started for as long.
    """
    if chosen.database:
        with reachable("the database"):
            yield of_writer(chosen.database)
        return
    with reachable(f"the database in {chosen.data}"), acquired(chosen.data) as lease:
        ensure_database(lease.server, DATABASE)
        yield lease.server.url(DATABASE)


@contextmanager
def acquired(data: Path) -> Generator[Lease]:
    """Takes the data directory; gives a lease of its embedded server, started if need be."""
    try:
        lease = acquire(data)
    except PostgresError as error:
        raise Failure(str(error)) from error
    with lease:
        yield lease


@contextmanager
def reachable(what: str) -> Generator[None]:
    """Takes the database's name for people; says in one line when it cannot be used."""
    try:
        yield
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise Failure(f"{what} cannot be reached: {_first_line(error)}") from error
    except (psycopg.errors.InsufficientPrivilege, PostgresError) as error:
        raise Failure(f"{what} cannot be used: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
