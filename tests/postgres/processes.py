"""Real processes for the tests: users of a server that can be killed, and what is alive of it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from postgres.directory import DataDirectory
from postgres.orphans import server_processes
from postgres.processes import running_commands

HOLDER = Path(__file__).with_name("holder.py")
LONG = 60.0


class Holder:
    """A process with a lease on the server of a data directory."""

    def __init__(self, data: Path) -> None:
        """Start it; `url` waits until it has its server."""
        self.process = subprocess.Popen(
            [sys.executable, str(HOLDER), str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._url = ""

    @property
    def url(self) -> str:
        """The address of its database."""
        self._url = self._url or self._read()
        return self._url

    def ensure_running(self) -> str:
        """Have it see that the server runs; return the address afterwards."""
        assert self.url
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self._url = self._read()
        return self._url

    def release(self) -> None:
        """Have it release its lease and end."""
        self.process.communicate()

    def kill(self) -> None:
        """Kill it, so that it can't do anything more."""
        self.process.kill()
        self.process.communicate()

    def _read(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        assert line, "the holder ended"
        return line


@contextmanager
def holding(data: Path) -> Generator[Holder, None, None]:
    """Hold a lease in another process; whatever happened to it, it is gone afterwards."""
    holder = Holder(data)
    try:
        yield holder
        if holder.process.poll() is None:
            holder.release()
    finally:
        if holder.process.returncode is None:
            holder.kill()


def keepers(data: Path) -> list[int]:
    """Return the process ids of the keepers of a data directory."""
    return [pid for pid, text in running_commands() if f"postgres.keeper {data.resolve()} " in text]


def postmasters(data: Path) -> list[int]:
    """Return the process ids of the first processes of the servers of a data directory."""
    name = DataDirectory(data).server_name
    return [process.pid for process in server_processes(name) if process.postmaster]


def alive(data: Path) -> list[int]:
    """Return the ids of all processes that serve a data directory."""
    if not DataDirectory(data).cluster.exists():
        return keepers(data)
    name = DataDirectory(data).server_name
    return keepers(data) + [process.pid for process in server_processes(name)]


def kill(pids: list[int]) -> None:
    """Kill processes, so that they can't do anything more."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(dict(running_commands()).get(pid) for pid in pids))


def wait_until(met: Callable[[], bool]) -> None:
    """Wait for a condition."""
    end = time.monotonic() + LONG
    while not met():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def wait_until_gone(data: Path) -> None:
    """Wait until no process serves a data directory."""
    wait_until(lambda: not alive(data))


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run a statement, waiting for a server that is just coming back; return the rows if any."""
    end = time.monotonic() + LONG
    while True:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                cursor = connection.execute(statement.encode())
                return cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError:
            assert time.monotonic() < end, "the server didn't come back"
            time.sleep(0.05)
