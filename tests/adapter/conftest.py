"""A real PostgreSQL for the adapter's tests: one server, a fresh database for each test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from adapter.database import prepare
from adapter.door import Door, Fault
from adapter.er7 import Message
from adapter.metrics import Metrics
from adapter.reason import Reason
from postgres.embedded import EmbeddedServer, acquire, ensure_database

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
def samples() -> CollectorRegistry:
    """What `metrics` counts into, to be read by name."""
    return CollectorRegistry()


@pytest.fixture
def metrics(samples: CollectorRegistry) -> Metrics:
    """Metrics of their own, so that tests do not count into each other."""
    return Metrics(samples)


def adt(control_id: str = "1", organisation: str = "RXA", **extra: str) -> bytes:
    """A small ADT^A03 of that control id and sender; `pid3` and `mode` (MSH-15|16) may be given."""
    mode = extra.get("mode", "|")
    return (
        f"MSH|^~\\&|PAS|{organisation}|LFD|REG|20260314085500||ADT^A03^ADT_A03|{control_id}|P|2.4"
        f"|||{mode}\rEVN|A03|20260314085500\rPID|1||{extra.get('pid3', '12345^^^RXA^MR')}\r"
    ).encode()


def examine(message: Message) -> Fault | None:
    """A stand-in for the conversion's examination, with one fault of each kind."""
    pid = message.first("PID")
    if not message.header.text(10):
        return Fault(Reason("101", "MSH[1]-10", "MSH-10 is empty."), kept=False)
    if pid is None or not pid.text(3):
        return Fault(Reason("101", "PID[1]-3", "PID-3 is empty."), kept=True)
    return None


@pytest.fixture(name="adt")
def adt_() -> Callable[..., bytes]:
    """Makes messages."""
    return adt


@pytest.fixture
def door() -> Door:
    """A door with a simple examination; MSH-4 names the organisation."""
    return Door(examine, lambda message: message.header.text(4))
