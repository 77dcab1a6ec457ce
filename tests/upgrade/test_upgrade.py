"""A database that an earlier version made is brought up to date where it lies, while others use it;
it then says of everybody what it said, and goes on."""

from __future__ import annotations

import gzip
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

import psycopg
import pytest

from adapter import database as adapter_database
from postgres.account import server_account
from postgres.binaries import server_programs
from postgres.directory import DataDirectory
from postgres.embedded import acquire, ensure_database
from registry import database as registry_database
from tests.backup.test_restore import numbers_in, said, send, settled
from tests.cluster.exchange import Exchange
from tests.end_to_end.adt import new_nhs_number
from tests.end_to_end.exchange import lfd

MADE_EARLIER = sorted(Path(__file__).with_name("databases").glob("*.sql.gz"))
WORKERS = 4
# What both versions do all day, each in a transaction of its own.
READS = """
    SELECT count(*) FROM registry.resource JOIN registry.person ON person.id = resource.person;
    SELECT count(*) FROM registry.statement; SELECT count(*) FROM adapter.outbox
"""
WRITES = """
    INSERT INTO adapter.inbox (organisation, control_id, trigger, sha256, raw, state)
    VALUES ('RT1', 'load', 'A01', sha256(%(bytes)s), %(bytes)s, 'not-relevant')
"""


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    # Not tmp_path: the server's account has to get there.
    with tempfile.TemporaryDirectory(prefix="lfd-upgrade-") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


@pytest.fixture(params=MADE_EARLIER, ids=lambda path: path.name.partition(".")[0])
def earlier(request: pytest.FixtureRequest, place: Path) -> Iterator[str]:
    """The address of a database as that version left it."""
    dump: Path = request.param
    data = place / "data"
    with acquire(data) as lease:
        name = dump.name.partition(".")[0].replace("-", "_")
        ensure_database(lease.server, name)
        url = lease.server.url(name)
        with psycopg.connect(url, autocommit=True) as connection:
            for role in ("lfd_registry", "lfd_registry_writer"):
                found = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
                if found.fetchone() is None:
                    connection.execute(f"CREATE ROLE {role} NOLOGIN".encode())
        psql = server_programs(server_account(DataDirectory(data.resolve()))) / "psql"
        subprocess.run(
            [str(psql), "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", url],
            input=gzip.decompress(dump.read_bytes()), check=True, capture_output=True,
        )  # fmt: skip
        yield url


def use(url: str, worker: int, stop: Event) -> int:
    """Reads and writes until told to stop; returns how often. Any error is the test's."""
    times = 0
    with psycopg.connect(url, autocommit=True) as connection:
        while not stop.is_set():
            connection.execute(READS)
            connection.execute(WRITES, {"bytes": f"{worker}-{times}".encode()})
            times += 1
    return times


def test_there_is_an_earlier_database() -> None:
    assert MADE_EARLIER


@pytest.mark.timeout(300)
def test_an_earlier_database_is_brought_up_to_date_under_load(earlier: str, place: Path) -> None:
    exchange = Exchange(place, earlier, earlier)
    before = said(exchange)
    with psycopg.connect(earlier) as connection:
        rows = connection.execute("SELECT raw FROM adapter.inbox ORDER BY id").fetchall()
    messages: list[bytes] = [bytes(raw) for (raw,) in rows]
    assert len(numbers_in(before)) == len(messages) / 2

    stop = Event()
    with ThreadPoolExecutor(WORKERS) as pool:
        used: list[Future[int]] = [pool.submit(use, earlier, n, stop) for n in range(WORKERS)]
        try:
            registry_database.prepare(earlier)
            adapter_database.prepare(earlier)
        finally:
            stop.set()
        assert all(one.result() for one in used)
    _forget_load(earlier)

    exchange.start()
    try:
        assert said(exchange) == before
        file = place / "again.hl7"
        file.write_bytes(b"".join(messages))
        lfd("send", str(file), "--to", f"127.0.0.1:{exchange.mllp_port}")
        settled(exchange)
        assert said(exchange) == before

        known = numbers_in(before)
        new = next(n for n in iter(new_nhs_number, "") if n not in known)
        send(exchange, [new])
        assert numbers_in(said(exchange)) == {*known, new}
    finally:
        exchange.stop()


def _forget_load(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM adapter.inbox WHERE control_id = 'load'")
