"""A PostgreSQL server of the harness's own, and the ways it can be killed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import suppress
from pathlib import Path

from postgres.directory import DataDirectory
from postgres.embedded import Lease, acquire, ensure_database
from postgres.error import PostgresError
from postgres.settings import PORT

NAME = "lfd"
WATCH_SECONDS = 0.2


class Database:
    """Runs from `start` to `stop`; its keeper starts it again when it dies, and we the keeper."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._lease: Lease | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def socket(self) -> Path:
        """The path of its socket."""
        assert self._lease is not None
        return self._lease.server.socket_directory / f".s.PGSQL.{PORT}"

    @property
    def url(self) -> str:
        """Its address without a relay between, for those who look on."""
        return self.url_of(NAME)

    def url_of(self, name: str) -> str:
        """Takes the name of a database; returns its address."""
        assert self._lease is not None
        return self._lease.server.url(name)

    async def start(self) -> None:
        """Starts it, with an empty database."""
        self._lease = await asyncio.to_thread(acquire, self._data)
        await asyncio.to_thread(ensure_database, self._lease.server, NAME)
        self._watch = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Ends it."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        if self._lease is not None:
            self._lease.release()

    async def running(self) -> None:
        """Returns once it answers."""
        assert self._lease is not None
        await asyncio.to_thread(self._lease.ensure_running)

    async def kill(self) -> bool:
        """Kills the server's first process; what it leaves behind ends by itself or is ended by
        the keeper."""
        return _killed(self._postmaster())

    async def kill_a_backend(self) -> bool:
        """Kills the process of somebody's connection: the server stops all, and recovers."""
        backends = [pid for pid in _children(self._postmaster()) if b"[local]" in _command(pid)]
        return bool(backends) and _killed(random.choice(backends))

    async def kill_keeper(self) -> bool:
        """Kills the process that keeps the server running: the server ends with it."""
        postmaster = self._postmaster()
        return postmaster is not None and _killed(_parent(postmaster))

    def _postmaster(self) -> int | None:
        path = DataDirectory(self._data.resolve()).cluster / "postmaster.pid"
        try:
            pid = int(path.read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return pid if b"postgres" in _command(pid) else None

    async def _keep(self) -> None:
        assert self._lease is not None
        while True:
            with suppress(PostgresError):
                await asyncio.to_thread(self._lease.ensure_running, 30.0)
            await asyncio.sleep(WATCH_SECONDS)


def _killed(pid: int | None) -> bool:
    if pid is None or pid <= 1:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _parent(pid: int) -> int | None:
    with suppress(OSError, IndexError, ValueError):
        # The name in brackets may hold spaces; what follows it does not.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return None


def _children(pid: int | None) -> list[int]:
    if pid is None:
        return []
    with suppress(OSError):
        said = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in said.split()]
    return []
