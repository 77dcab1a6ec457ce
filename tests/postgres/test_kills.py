"""Whatever is killed, nothing committed is lost, nothing is left over, and the next start works."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from postgres.directory import DataDirectory
from postgres.embedded import acquire
from postgres.processes import running_commands
from tests.postgres.processes import (
    alive,
    holding,
    keepers,
    kill,
    postmasters,
    query,
    wait_until,
    wait_until_gone,
)


def test_killing_the_last_user_stops_the_server_cleanly(data: Path) -> None:
    with holding(data) as holder:
        query(holder.url, "CREATE TABLE t ()")
        holder.kill()
        wait_until_gone(data)
    assert "database system is shut down" in DataDirectory(data).log.read_text()
    assert not (data / "postgres" / "postmaster.pid").exists()


def test_killing_one_of_two_users_changes_nothing(data: Path) -> None:
    with holding(data) as first, holding(data) as second:
        assert first.url == second.url
        server = postmasters(data)
        first.kill()
        query(second.url, "SELECT 1")
        assert second.ensure_running() == second.url
        assert postmasters(data) == server


def test_a_killed_keeper_takes_the_server_along_and_users_revive_both(data: Path) -> None:
    with holding(data) as holder:
        query(holder.url, "CREATE TABLE t AS SELECT 5 AS n")
        server = postmasters(data)
        kill(keepers(data))
        url = holder.ensure_running()
        assert query(url, "SELECT n FROM t") == [(5,)]
        assert len(keepers(data)) == 1
        assert postmasters(data) != server


def test_a_killed_keeper_without_users_leaves_nothing(data: Path) -> None:
    with holding(data) as holder:
        assert holder.url
        os.kill(keepers(data)[0], signal.SIGSTOP)  # so that it can't see the user's end
        holder.kill()
        kill(keepers(data))
        wait_until_gone(data)


def test_a_terminated_keeper_stops_the_server(data: Path) -> None:
    with holding(data) as holder:
        assert holder.url
        os.kill(keepers(data)[0], signal.SIGTERM)
        wait_until_gone(data)
        query(holder.ensure_running(), "SELECT 1")


def test_a_killed_server_comes_back_by_itself(data: Path) -> None:
    with holding(data) as holder:
        query(holder.url, "CREATE TABLE t AS SELECT 6 AS n")
        keeper, server = keepers(data), postmasters(data)
        kill(server)
        wait_until(lambda: postmasters(data) not in ([], server))
        assert query(holder.url, "SELECT n FROM t") == [(6,)]
        assert keepers(data) == keeper


def test_a_killed_servers_busy_child_does_not_stand_in_the_way(data: Path) -> None:
    with holding(data) as holder, busy(holder.url) as child:
        kill(postmasters(data))
        # Without help it would count for hours: it doesn't look up from its work.
        wait_until(lambda: child not in alive(data))
        query(holder.url, "SELECT 1")


def test_everything_killed_with_a_busy_child_left_over(data: Path) -> None:
    with holding(data) as holder, busy(holder.url) as child:
        keeper = keepers(data)
        os.kill(keeper[0], signal.SIGSTOP)  # it would end the child
        kill([pid for pid in alive(data) if pid not in (child, *keeper)])
        kill(keeper)
        holder.kill()
        assert child in alive(data)
        with holding(data) as heir:
            query(heir.url, "SELECT 1")
            assert child not in alive(data)


def test_a_server_that_does_not_stop_is_ended(data: Path) -> None:
    with holding(data) as holder, busy(holder.url) as child:
        os.kill(child, signal.SIGSTOP)
        holder.release()
        log = DataDirectory(data).log
        wait_until(lambda: "immediate shutdown request" in log.read_text())
        os.kill(child, signal.SIGCONT)
        wait_until_gone(data)


def test_killing_everything_loses_nothing_committed(data: Path) -> None:
    with holding(data) as holder:
        query(holder.url, "CREATE TABLE t (n int)")
        for number in range(50):
            query(holder.url, f"INSERT INTO t VALUES ({number})")
        holder.kill()
        kill(alive(data))
    wait_until_gone(data)
    with holding(data) as heir:
        assert query(heir.url, "SELECT count(*), sum(n) FROM t") == [(50, 1225)]


@pytest.mark.parametrize("seed", range(2))
def test_any_kill_at_any_moment_loses_nothing_committed(data: Path, seed: int) -> None:
    chance = random.Random(seed)
    with holding(data) as holder:
        query(holder.url, "CREATE TABLE t (n int)")
    for number in range(5):
        with holding(data) as holder:
            query(holder.url, f"INSERT INTO t VALUES ({number})")
            # Anew each round, and also in the middle of a restart.
            for kind in chance.sample((keepers, postmasters), chance.randint(1, 2)):
                kill(kind(data))
                time.sleep(chance.choice((0.0, 0.02, 0.1)))
            if chance.random() < 0.5:
                holder.kill()
            else:
                holder.ensure_running()
    with holding(data) as heir:
        assert query(heir.url, "SELECT array_agg(n ORDER BY n) FROM t") == [([0, 1, 2, 3, 4],)]


@pytest.mark.parametrize("delay", [0.1, 0.2, 0.3, 0.4, 0.5])
def test_killed_in_the_middle_of_the_first_start(data: Path, delay: float) -> None:
    with holding(data) as holder:
        time.sleep(delay)
        holder.kill()
        kill(keepers(data))
    with holding(data) as heir:
        query(heir.url, "SELECT 1")


def test_a_stale_process_id_in_use_again_does_not_matter(data: Path) -> None:
    acquire(data).release()
    wait_until_gone(data)
    owner = (data / "postgres").stat()
    root = os.geteuid() == 0
    sleeper = subprocess.Popen(["sleep", "600"], user=owner.st_uid if root else None)
    try:
        pid_file = data / "postgres" / "postmaster.pid"
        pid_file.write_text(f"{sleeper.pid}\n{data}/postgres\n1\n5432\n/tmp\n\n1 1\nready\n")
        with acquire(data) as lease:
            query(lease.server.url("postgres"), "SELECT 1")
    finally:
        sleeper.kill()
        sleeper.wait()


@contextmanager
def busy(url: str) -> Generator[int, None, None]:
    """Have the server count for hours; give the id of the process that does."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        pid = connection.info.backend_pid
        connection.execute("SET jit = off")
        count = b"SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 1000000) b"
        connection.pgconn.send_query(count)
        wait_until(lambda: "SELECT" in dict(running_commands())[pid])
        yield pid


def test_processes_of_another_server_are_left_alone(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with holding(data) as holder, holding(other) as neighbour:
        assert (holder.url, neighbour.url) != ("", "")
        neighbours = keepers(other) + postmasters(other)
        holder.kill()
        kill(alive(data))
        with holding(data) as heir:
            assert heir.url
        assert keepers(other) + postmasters(other) == neighbours
    wait_until_gone(other)
