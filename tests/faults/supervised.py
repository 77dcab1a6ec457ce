"""A process that is started again whenever it ends, as a service manager does."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

PAUSE = 0.1
PATIENCE = 90.0


class Supervised:
    """`lfd` with some words, and where it says that it is ready."""

    def __init__(self, words: Sequence[str], ready_at: str, log: Path) -> None:
        """Takes the words after `lfd`, the address of its probe of readiness, and its log file."""
        self._words = [sys.executable, "-m", "lfd", *words]
        self._ready_at = ready_at
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False
        self.environment: Mapping[str, str] = {}
        self.starts = 0

    async def start(self) -> None:
        """Starts it, and again whenever it ends."""
        self._is_stopping = False
        self._task = asyncio.create_task(self._keep())

    async def ready(self) -> None:
        """Returns once it says that it is ready."""
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as http:
            while True:
                with suppress(httpx.TransportError):
                    if (await http.get(self._ready_at, timeout=5)).status_code == 200:
                        return
                await asyncio.sleep(0.05)

    async def kill(self) -> bool:
        """Kills it (-9); returns whether there was something to kill."""
        return await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        """Has it end as when a new release is put in place, and waits until it serves again."""
        await self._end(signal.SIGTERM)
        await self.ready()

    async def stop(self) -> None:
        """Ends it for good."""
        self._is_stopping = True
        await self._end(signal.SIGTERM)
        if self._task is not None:
            await self._task

    async def _end(self, how: signal.Signals) -> bool:
        process = self._process
        if process is None or process.returncode is not None:
            return False
        with suppress(ProcessLookupError):
            process.send_signal(how)
        await process.wait()
        return True

    async def _keep(self) -> None:
        while not self._is_stopping:
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *self._words, stdout=log, stderr=log, env={**os.environ, **self.environment}
                )
            self.starts += 1
            await self._process.wait()
            if not self._is_stopping:
                await asyncio.sleep(PAUSE)
