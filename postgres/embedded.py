"""A PostgreSQL server with nothing installed first, shared by all who use one data directory."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.pq import PGconn, Ping

from postgres.directory import DataDirectory
from postgres.error import PostgresError
from postgres.launch import launch_keeper
from postgres.locks import drop_lock, lock_until, open_lock, try_lock
from postgres.settings import PORT, SUPERUSER

START_TIMEOUT = 120.0
STOP_TIMEOUT = 120.0
_PAUSE = 0.01
_CONNECT_TIMEOUT = 5


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server: its data directory, and the directory of its socket."""

    data: Path
    socket_directory: Path

    def url(self, database: str = "lfd", user: str = SUPERUSER) -> str:
        """Return the address of a database for psycopg and libpq, through the private socket."""
        names = f"{quote(user, safe='')}@/{quote(database, safe='')}"
        return f"postgresql://{names}?host={quote(str(self.socket_directory), safe='')}&port={PORT}"


class Lease:
    """The right to a running server: it runs until the last lease on it is released or killed.

    Safe to use from several threads. A child made by fork shares its parent's lease.
    """

    def __init__(self, directory: DataDirectory, lock: int) -> None:
        """Take the shared lock on the directory's lease file; use `acquire` to get there."""
        self._directory = directory
        self._lock: int | None = lock

    @property
    def server(self) -> EmbeddedServer:
        """The server as it runs now. Raises PostgresError while it is down."""
        socket_directory = self._read_address()
        if socket_directory is None:
            raise PostgresError(
                f"PostgreSQL on {self._directory.path} is down at the moment: see "
                f"{self._directory.log}"
            )
        return EmbeddedServer(self._directory.path, socket_directory)

    def ensure_running(self, timeout: float = START_TIMEOUT) -> bool:
        """See that the server runs, and start it again if its keeper or it was killed.

        Cheap when all is well: a supervisor may call it every second. It blocks: in asynchronous
        code call it in a thread. Returns whether it had to start the server. Raises PostgresError
        when the server isn't back after `timeout` seconds or can't start; call again later.
        """
        if self._lock is None:
            raise PostgresError(f"the lease on {self._directory.path} has been released")
        deadline = time.monotonic() + timeout
        started = self._launch_if_dead(deadline)
        # It may be starting again; and a keeper killed a moment ago still seems to be there.
        while not self._answers():
            if time.monotonic() > deadline:
                raise self._late()
            time.sleep(_PAUSE)
            started = self._launch_if_dead(deadline) or started
        return started

    def release(self) -> None:
        """Give the lease back; with the last one the server stops. A second call does nothing."""
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def __enter__(self) -> Self:
        """Return the lease itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Release the lease."""
        self.release()

    def _answers(self) -> bool:
        socket_directory = self._read_address()
        if socket_directory is None:
            return False
        server = EmbeddedServer(self._directory.path, socket_directory)
        url = f"{server.url('postgres')}&connect_timeout={_CONNECT_TIMEOUT}"
        return PGconn.ping(url.encode()) == Ping.OK

    def _launch_if_dead(self, deadline: float) -> bool:
        # One at a time: whoever finds a keeper finds it after its start, and any address beside
        # it is that keeper's.
        start_lock = open_lock(self._directory.start)
        try:
            if not lock_until(start_lock, deadline):
                raise self._late()
            return self._launch_alone(deadline)
        finally:
            drop_lock(start_lock)

    def _launch_alone(self, deadline: float) -> bool:
        keeper_lock = open_lock(self._directory.keeper)
        try:
            if not try_lock(keeper_lock):
                return False
            self._directory.address.unlink(missing_ok=True)
            remaining = max(deadline - time.monotonic(), 1.0)
            return launch_keeper(self._directory, keeper_lock, remaining)
        finally:
            os.close(keeper_lock)

    def _read_address(self) -> Path | None:
        try:
            return Path(os.fsdecode(self._directory.address.read_bytes()))
        except FileNotFoundError:
            return None

    def _late(self) -> PostgresError:
        return PostgresError(
            f"PostgreSQL on {self._directory.path} isn't ready in time: see {self._directory.log}"
        )


def is_made(data: Path) -> bool:
    """Return whether there is a server's data in the data directory `data`. Raises OSError where
    that cannot be seen."""
    return DataDirectory(data).cluster.exists()


def acquire(data: Path, timeout: float = START_TIMEOUT) -> Lease:
    """Start the server of the data directory `data`, or join it; make the directory if need be.

    Returns a lease, which is a context manager too. Raises PostgresError when the server can't
    run there or isn't ready after `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    directory = DataDirectory(_make(data))
    lock = open_lock(directory.lease)
    lease = Lease(directory, lock)
    try:
        if not lock_until(lock, deadline, shared=True):
            raise PostgresError(f"PostgreSQL on {directory.path} is still stopping: try again")
        lease.ensure_running(max(deadline - time.monotonic(), 1.0))
    except BaseException:
        lease.release()
        raise
    return lease


def wait_until_stopped(data: Path, timeout: float = STOP_TIMEOUT) -> None:
    """Return when no server runs on the data directory `data` any more: the last lease was
    released, and it has stopped. Raises PostgresError when one still runs after `timeout` seconds.
    """
    keeper = open_lock(DataDirectory(data.resolve()).keeper)
    try:
        if not lock_until(keeper, time.monotonic() + timeout):
            raise PostgresError(f"PostgreSQL on {data} still runs: somebody else has a lease on it")
    finally:
        os.close(keeper)


def ensure_database(server: EmbeddedServer, name: str) -> None:
    """Make the database `name` on the server unless it is there. Raises psycopg.Error."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        # Several processes may start at once; CREATE DATABASE knows no "if not exists".
        connection.execute("SELECT pg_advisory_lock(hashtext('ensure_database'))")
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if found.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _make(data: Path) -> Path:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise PostgresError(
            f"can't make the data directory {data} ({error.strerror}): choose another one"
        ) from error
    return data.resolve()
