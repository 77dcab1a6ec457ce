"""Work that is done beside the requests: again and again, and ended with the process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

from psycopg import Error
from psycopg_pool import PoolTimeout

AGAIN_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Turns:
    """Does a piece of work every so many seconds, and at once where somebody asks. `name` is the
    log's."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]], seconds: float) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins with a turn."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Ends; the work is cancelled where it is."""
        if self._task is not None:
            await ended([self._task])

    def soon(self) -> None:
        """Has it take a turn now."""
        self._wanted.set()

    async def _run(self) -> None:
        while True:
            self._wanted.clear()
            try:
                await self._work()
            except (Error, PoolTimeout) as error:
                # The database is away or restarting: the work is still there at the next turn.
                _log.warning("%s: %s; trying again", self._name, type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), self._seconds)


async def ended(tasks: Collection[asyncio.Task[None]]) -> None:
    """Takes tasks; returns when all have ended, cancelled where they go on. What one of them failed
    with is raised."""
    running = set(tasks)
    while running:
        # Again and again: where a wait ends in the moment it is cancelled, Python 3.11 lets the
        # cancellation go by (asyncio.wait_for).
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=AGAIN_SECONDS)
    for task in tasks:
        with suppress(asyncio.CancelledError):
            task.result()
