"""Personal data never gets into the server's log."""

import os
import signal
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from postgres.directory import DataDirectory
from postgres.embedded import EmbeddedServer, acquire
from tests.postgres.processes import query, wait_until

NHS_NUMBER = "9434765919"
TABLE = "CREATE TABLE person (nhs_number text PRIMARY KEY CHECK (length(nhs_number) = 10))"


def test_failing_statements_leave_no_personal_data(data: Path) -> None:
    with acquire(data) as lease:
        query(lease.server.url("postgres"), TABLE)
        fail(lease.server, "INSERT INTO person VALUES (%s), (%s)", [NHS_NUMBER, NHS_NUMBER])
        fail(lease.server, "INSERT INTO person VALUES (%s)", [NHS_NUMBER + "0"])
        fail(lease.server, "SELECT %s::text::date", [NHS_NUMBER])
        fail(lease.server, f"SELECT '{NHS_NUMBER}'::date")
        fail(lease.server, f"DO $$ BEGIN RAISE EXCEPTION '{NHS_NUMBER}'; END $$")
        query(lease.server.url("postgres"), f"DO $$ BEGIN RAISE WARNING '{NHS_NUMBER}'; END $$")
    assert NHS_NUMBER not in DataDirectory(data).log.read_text()


def test_a_crash_in_a_statement_leaves_no_personal_data(data: Path) -> None:
    log = DataDirectory(data).log
    with acquire(data) as lease:
        with closing(psycopg.connect(lease.server.url("postgres"))) as connection:
            connection.pgconn.send_query(f"SELECT '{NHS_NUMBER}', pg_sleep(600)".encode())
            activity = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)'"
            wait_until(lambda: query(lease.server.url("postgres"), activity) == [(1,)])
            os.kill(connection.info.backend_pid, signal.SIGKILL)
            wait_until(lambda: "terminated by signal 9" in log.read_text())
        query(lease.server.url("postgres"), "SELECT 1")
    assert NHS_NUMBER not in log.read_text()


def test_the_log_and_the_cluster_are_private(data: Path) -> None:
    with acquire(data) as lease:
        assert DataDirectory(data).log.stat().st_mode & 0o077 == 0
        assert (data / "postgres").stat().st_mode & 0o077 == 0
        assert lease.server.socket_directory.stat().st_mode & 0o077 == 0


def fail(server: EmbeddedServer, statement: str, values: list[str] | None = None) -> None:
    """Run a statement that must fail."""
    with psycopg.connect(server.url("postgres")) as connection, pytest.raises(psycopg.Error):
        connection.execute(statement.encode(), values)
