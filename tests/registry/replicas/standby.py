"""A streaming standby of an embedded server, made from the same binaries, that a test can hold
back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from postgres.account import server_account
from postgres.binaries import server_programs
from postgres.directory import DataDirectory
from postgres.embedded import EmbeddedServer
from postgres.settings import ALWAYS, PORT, as_arguments

PATIENCE = 60.0


class StandbyServer:
    """A standby beside its primary, until `stop`."""

    def __init__(self, primary: EmbeddedServer) -> None:
        """Takes the primary; returns when the standby streams from it."""
        self.primary = primary
        account = server_account(DataDirectory(primary.data))
        self._who: dict[str, Any] = {}
        if account is not None:
            self._who = {"user": account.uid, "group": account.gid}
        self._programs = server_programs(account)
        # Not tmp_path: the server's account has to get there, and a socket's name is short.
        self.place = Path(tempfile.mkdtemp(prefix="lfd-standby-"))
        if account is not None:
            os.chown(self.place, account.uid, account.gid)
        self._data = self.place / "data"
        self._process: subprocess.Popen[bytes] | None = None
        backup = ["--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf", "--no-sync"]
        where = ["--pgdata", str(self._data), "--dbname", primary.url("postgres")]
        self._run("pg_basebackup", *where, *backup)
        self._start()

    def url(self, database: str) -> str:
        """Takes a database's name; returns its connection string at the standby."""
        return EmbeddedServer(self._data, self.place).url(database)

    def _start(self) -> None:
        settings = {**ALWAYS, "unix_socket_directories": str(self.place), "port": str(PORT)}
        # Nobody kills the machine here; and a start after a kill would first sync every file.
        settings["fsync"] = "off"
        log = (self.place / "log").open("ab")
        self._process = subprocess.Popen(  # pyright: ignore[reportAttributeAccessIssue] (it takes bytes: nothing says text)
            [str(self._programs / "postgres"), "-D", str(self._data), *as_arguments(settings)],
            stdout=log,
            stderr=log,
            **self._who,
        )
        log.close()
        until = time.monotonic() + PATIENCE
        while True:
            try:
                if self.ask("SELECT pg_is_in_recovery()") == (True,):
                    return
            except psycopg.OperationalError:
                assert time.monotonic() < until, (self.place / "log").read_text()
                time.sleep(0.05)

    def stop(self) -> None:
        """Ends it and removes what it kept."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(PATIENCE)
        shutil.rmtree(self.place)

    @contextmanager
    def away(self) -> Generator[None]:
        """Meanwhile nobody reaches it, and whoever was connected is no longer. (A start after a
        kill would replay all since the base backup.)"""
        socket, hidden = self.place / f".s.PGSQL.{PORT}", self.place / "hidden"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            socket.rename(hidden)
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        try:
            yield
        finally:
            hidden.rename(socket)

    def hold(self) -> None:
        """From now on it takes what the primary sends, and shows none of it."""
        self.ask("SELECT pg_wal_replay_pause()")
        self._until("SELECT pg_get_wal_replay_pause_state()", "paused")

    def let_go(self) -> None:
        """Ends `hold`."""
        self.ask("SELECT pg_wal_replay_resume()")

    def catch_up(self) -> None:
        """Returns when it has replayed all that the primary has written by now."""
        with psycopg.connect(self.primary.url("postgres")) as connection:
            row = connection.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
        assert row is not None
        self._until(f"SELECT (pg_last_wal_replay_lsn() >= '{row[0]}')", True)

    def ask(self, question: str) -> Any:
        """Takes SQL; returns the first row of its answer at the standby."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            return connection.execute(question.encode()).fetchone()

    def _until(self, question: str, answer: object) -> None:
        until = time.monotonic() + PATIENCE
        while self.ask(question) != (answer,):
            assert time.monotonic() < until, f"{question} never says {answer}"
            time.sleep(0.01)

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            **self._who,
        )
        assert done.returncode == 0, done.stderr
