"""Where the database is: in the directory of `lfd up`, or at a connection string."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg_pool import PoolTimeout

from lfd.failure import Failure
from postgres.embedded import Lease, acquire, ensure_database, is_made
from postgres.error import PostgresError
from postgres.hosts import of_writer

DATABASE = "lfd"


@contextmanager
def database(chosen: Namespace, *, makes: bool = False) -> Generator[str]:
    """Takes a command's --data or --database, and whether it may be the first to put something
    into the directory; gives the connection string, while it is in use.

    An embedded server that nobody runs is started for as long. Failure where the directory is not
    one of `lfd up`: a mistyped one, made anew, would answer that nothing is held about anybody.
    """
    if chosen.database:
        with reachable("the database"):
            yield of_writer(chosen.database)
        return
    if not makes:
        _look_for(chosen.data)
    with reachable(f"the database in {chosen.data}"), acquired(chosen.data) as lease:
        ensure_database(lease.server, DATABASE)
        yield lease.server.url(DATABASE)


def _look_for(data: Path) -> None:
    try:
        is_there = is_made(data)
    except OSError as error:
        raise Failure(f"--data {data}: {error.strerror or 'cannot be read'}") from error
    if not is_there:
        raise Failure(
            f"there is no database in {data}: name the directory of `lfd up` with --data, or a "
            "PostgreSQL with --database"
        )


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
