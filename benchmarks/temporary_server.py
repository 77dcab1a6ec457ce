"""A PostgreSQL of a measurement's own, and a folder with it that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from postgres.embedded import (
    EmbeddedServer,
    acquire,
    ensure_database,
    wait_until_stopped,
)


@contextmanager
def temporary_server(place: Path | None = None) -> Generator[EmbeddedServer]:
    """Takes where there is room (None: where temporary files are); gives a running server until
    the end, when its data are removed."""
    with tempfile.TemporaryDirectory(dir=place) as folder, in_folder(Path(folder)) as server:
        yield server


@contextmanager
def in_folder(folder: Path) -> Generator[EmbeddedServer]:
    """Takes a folder; gives a running server with its data in `data` there. At the end it has
    stopped, so that the folder can be removed."""
    data = folder / "data"
    try:
        with acquire(data) as lease:
            yield lease.server
    finally:
        wait_until_stopped(data)


@contextmanager
def temporary_database(name: str, place: Path | None = None) -> Generator[str]:
    """Takes a name, and where there is room; gives the connection string of an empty database on a
    server of its own."""
    with temporary_server(place) as server:
        ensure_database(server, name)
        yield server.url(name)
