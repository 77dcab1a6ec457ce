"""One server for all who use a data directory, from the first lease to the last."""

from pathlib import Path

import psycopg
import pytest

from postgres.directory import DataDirectory
from postgres.embedded import acquire, ensure_database, wait_until_stopped
from postgres.error import PostgresError
from tests.postgres.processes import (
    Holder,
    holding,
    keepers,
    postmasters,
    query,
    wait_until_gone,
)


def test_cold_start_gives_a_durable_unicode_server(data: Path) -> None:
    wanted = {
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "fsync": "on",
        "synchronous_commit": "on",
        "TimeZone": "UTC",
        "listen_addresses": "",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "log_parameter_max_length_on_error": "0",
    }
    with acquire(data) as lease:
        ensure_database(lease.server, "lfd")
        for name, value in wanted.items():
            assert query(lease.server.url(), f"SHOW {name}") == [(value,)]
        assert query(lease.server.url(), "SELECT upper('ñ'), lower('ŻÓŁĆ')") == [("Ñ", "żółć")]


def test_a_second_process_shares_the_server(data: Path) -> None:
    with holding(data) as first, holding(data) as second:
        query(first.url, "CREATE TABLE seen (n int)")
        query(first.url, "INSERT INTO seen VALUES (7)")
        assert query(second.url, "SELECT n FROM seen") == [(7,)]
        assert (len(keepers(data)), len(postmasters(data))) == (1, 1)


def test_processes_starting_at_once_share_one_server(data: Path) -> None:
    holders = [Holder(data) for _ in range(5)]
    try:
        assert len({holder.url for holder in holders}) == 1
        assert (len(keepers(data)), len(postmasters(data))) == (1, 1)
    finally:
        for holder in holders:
            holder.release()


def test_who_waits_for_the_end_finds_the_server_stopped(data: Path) -> None:
    with acquire(data), pytest.raises(PostgresError, match="somebody else has a lease"):
        wait_until_stopped(data, 0.1)
    wait_until_stopped(data)
    assert postmasters(data) == []
    assert not (DataDirectory(data).cluster / "postmaster.pid").exists()


def test_the_server_stays_until_the_last_release(data: Path) -> None:
    with holding(data) as first:
        with holding(data) as second:
            assert first.url == second.url
        server = postmasters(data)
        query(first.url, "SELECT 1")
        assert postmasters(data) == server
    wait_until_gone(data)
    assert not DataDirectory(data).address.exists()


def test_two_leases_of_one_process_count_twice(data: Path) -> None:
    with acquire(data) as lease:
        acquire(data).release()
        query(lease.server.url("postgres"), "SELECT 1")
        assert lease.ensure_running() is False


def test_coming_while_the_server_stops_starts_it_anew(data: Path) -> None:
    for round_ in range(8):
        with acquire(data) as lease:  # the server of the round before is stopping
            ensure_database(lease.server, "lfd")
            query(lease.server.url(), f"CREATE TABLE round_{round_} ()")
            with psycopg.connect(lease.server.url()) as connection:
                tables = connection.execute("SELECT count(*) FROM pg_stat_user_tables")
                assert tables.fetchone() == (round_ + 1,)


def test_an_ended_lease_says_so(data: Path) -> None:
    lease = acquire(data)
    lease.release()
    lease.release()
    with pytest.raises(PostgresError, match="released"):
        lease.ensure_running()
    wait_until_gone(data)
    with pytest.raises(PostgresError, match="down at the moment"):
        assert lease.server


def test_a_database_is_made_once(data: Path) -> None:
    with acquire(data) as lease:
        for _ in range(2):
            ensure_database(lease.server, 'odd "name" ü')
        found = query(lease.server.url('odd "name" ü'), "SELECT current_database()")
        assert found == [('odd "name" ü',)]


def test_a_server_that_cannot_start_is_explained(data: Path) -> None:
    acquire(data).release()
    wait_until_gone(data)
    (data / "postgres" / "postgresql.conf").write_text("shared_buffers = 'plenty'\n")
    with pytest.raises(PostgresError, match=r"can't start on .*/data: .*postgres\.log"):
        acquire(data)


def test_a_foreign_directory_is_refused(data: Path) -> None:
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "letter.txt").write_text("mine")
    with pytest.raises(PostgresError, match="isn't a PostgreSQL cluster"):
        acquire(data)
    assert (data / "postgres" / "letter.txt").read_text() == "mine"
