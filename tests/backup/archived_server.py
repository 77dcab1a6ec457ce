"""A server that archives its WAL, and another that is restored from that to a point in time."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from postgres.account import server_account
from postgres.binaries import server_programs
from postgres.directory import DataDirectory
from postgres.embedded import EmbeddedServer, Lease, acquire, ensure_database
from postgres.settings import PORT, SUPERUSER
from tests.docs.blocks import shell
from tests.docs.pages import ROOT

PATIENCE = 60.0
# What docs/backup.md says to do, with its directory and its times.
ARCHIVE, BASE_BACKUP, RESTORE, REDELIVER = shell(ROOT / "docs" / "backup.md")


class Archived:
    """An embedded server with WAL archiving switched on, as docs/backup.md says to."""

    def __init__(self, place: Path) -> None:
        """Takes an empty directory that the server's account can reach; starts the server."""
        self.place = place
        self._backup = place / "backup"
        self._archive = self._backup / "wal"
        self._data = place / "data"
        self._data.mkdir(parents=True)
        place.chmod(0o711)
        self._account = server_account(DataDirectory(self._data.resolve()))
        self._programs = server_programs(self._account)
        self._make(self._backup)
        self._make(self._archive)
        with acquire(self._data) as lease, _superuser(lease.server) as connection:
            for line in self._here(ARCHIVE).splitlines():
                connection.execute(line.encode())
        _until_stopped(self._data)
        self._lease: Lease | None = acquire(self._data)

    def database(self, name: str) -> str:
        """Makes a database; returns its connection string."""
        assert self._lease is not None
        ensure_database(self._lease.server, name)
        return self._lease.server.url(name)

    def base_backup(self) -> None:
        """Takes a base backup."""
        assert self._lease is not None
        server = self._lease.server
        where = {"PGHOST": str(server.socket_directory), "PGPORT": str(PORT), "PGUSER": SUPERUSER}
        done = subprocess.run(
            ["bash", "-c", self._here(BASE_BACKUP)],
            env={**where, "PATH": f"{self._programs}:{os.environ['PATH']}"},
            user=None if self._account is None else self._account.uid,
            group=None if self._account is None else self._account.gid,
            cwd=self._backup,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr

    def now(self) -> datetime:
        """The server's time, with all WAL up to then in the archive."""
        assert self._lease is not None
        with _superuser(self._lease.server) as connection:
            row = connection.execute("SELECT clock_timestamp()").fetchone()
            written = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        assert row is not None
        assert written is not None
        instant: datetime = row[0]
        _until((self._archive / str(written[0])).exists, "the archive has no WAL")
        return instant

    def lose(self) -> None:
        """The server goes, and its disk with it."""
        assert self._lease is not None
        self.now()
        self._lease.release()
        self._lease = None
        _until_stopped(self._data)
        (self._data / "postgres").rename(self.place / "lost")

    def restore(self, to: datetime) -> None:
        """Starts a server from the base backup and the archive, as all was at that time."""
        cluster = self._data / "postgres"
        (base,) = self._backup.glob("base-*")
        base.rename(cluster)
        settings, asked = re.subn(r"(?<=time = ')[^']*", to.isoformat(), self._here(RESTORE))
        assert asked == 1
        with (cluster / "postgresql.auto.conf").open("a") as file:
            # A server that is restored must not archive over what it is restored from.
            file.write(f"archive_mode = off\n{settings}")
        signal = cluster / "recovery.signal"
        signal.touch()
        if self._account is not None:
            os.chown(signal, self._account.uid, self._account.gid)
        self._lease = acquire(self._data)
        _until(self._takes_writes, "the server is still restoring")

    def stop(self) -> None:
        """Stops whichever server runs."""
        if self._lease is not None:
            self._lease.release()
            self._lease = None

    def _takes_writes(self) -> bool:
        assert self._lease is not None
        with _superuser(self._lease.server) as connection:
            return connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)

    def _here(self, block: str) -> str:
        return block.replace("/backup", str(self._backup))

    def _make(self, path: Path) -> None:
        path.mkdir(mode=0o700)
        if self._account is not None:
            os.chown(path, self._account.uid, self._account.gid)


def _superuser(server: EmbeddedServer) -> psycopg.Connection[TupleRow]:
    return psycopg.connect(server.url("postgres"), autocommit=True)


def _until_stopped(data: Path) -> None:
    _until(lambda: not (data / "postgres" / "postmaster.pid").exists(), "the server does not stop")


def _until(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, what
        time.sleep(0.05)
