"""The national feed of one process: the door, the readers, the cohort's clock and the mailbox,
started and stopped together. Any number of processes may run it on one database.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

import httpx
from starlette.routing import Route

from registry.audit.recorder import Recorder
from registry.background import ended
from registry.limits.buckets import Buckets
from registry.national import cohort_rows, endpoint, pointers
from registry.national.cohort import Cohort
from registry.national.endpoint import Refusals
from registry.national.event import Kind
from registry.national.keeping import Keeping
from registry.national.metrics import NationalMetrics
from registry.national.pacing import Pacing
from registry.national.reading import Reading
from registry.national.reception import Reception
from registry.national.services import TIMEOUT, Services
from registry.national.settings import MailboxSettings, NationalSettings
from registry.store.recompute import Rules
from registry.store.transaction import Pool

# Enough for five a second where an answer takes the better part of one.
READERS = 4
TICK_SECONDS = 15.0
_PRUNE_SECONDS = 3600.0

_log = logging.getLogger(__name__)


class Feed:
    """The feed."""

    def __init__(
        self,
        pool: Pool,
        rules: Rules,
        settings: NationalSettings,
        recorder: Recorder,
        server: str,
        metrics: NationalMetrics | None = None,
    ) -> None:
        """Takes the pool, the rules, the settings, the audit record's writer, the address of our
        FHIR API, and the metrics (None: made in the process's own registry)."""
        self._pool = pool
        self._settings = settings
        self._metrics = metrics or NationalMetrics()
        self._open = AsyncExitStack()
        # Their addresses hold NHS numbers: not even at the level of debugging are they logged.
        for name in ("httpx", "httpcore", "urllib3"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._http = httpx.AsyncClient(timeout=TIMEOUT)
        services, pacing = Services(settings, self._http), Pacing(pool, settings.per_second)
        reads_flags = settings.flags_url is not None
        keeping = Keeping(pool, rules, recorder, server, settings.pace, reads_flags=reads_flags)
        self._refusals = Refusals(recorder, server)
        kinds = [Kind.DEMOGRAPHICS, *([Kind.ADJUSTMENTS] if settings.flags_url else [])]
        self._readings = [
            Reading(kind, pool, services, pacing, keeping, self._metrics) for kind in kinds
        ]
        self.reception = Reception(pool, frozenset(kinds), self._metrics, self._soon)
        self._cohort = Cohort(pool, rules, settings.pace) if settings.pace else None
        self._tasks: list[asyncio.Task[None]] = []
        self._pruned_at: float | None = None

    def route(self, clients: Buckets, addresses: Buckets) -> Route:
        """Takes how much clients, and addresses without a valid token, have asked; returns the
        door's route."""
        return endpoint.route(self.reception, clients, addresses, self._refusals)

    async def start(self) -> None:
        """Begins to read, and to collect where there is a mailbox."""
        for reading in self._readings:
            for _ in range(READERS):
                self._begin(reading.run())
        self._begin(self._tick_for_ever())
        if self._settings.mailbox is not None:
            await self._collect(self._settings.mailbox)

    async def stop(self) -> None:
        """Ends after the piece of work at hand; what was begun is read again by another."""
        await ended(self._tasks)
        await self._open.aclose()
        await self._http.aclose()

    async def tick(self) -> None:
        """Has read whose time has come, forgets what is no longer needed, and shows how it
        stands."""
        await self._prune_now_and_then()
        if self._cohort is not None:
            if await self._cohort.tick():
                self._soon()
            async with self._pool.connection() as connection:
                self._metrics.show_cohort(*await cohort_rows.standing(connection))
        async with self._pool.connection() as connection:
            self._metrics.show(await pointers.standing(connection))

    async def _prune_now_and_then(self) -> None:
        now = time.monotonic()
        if self._pruned_at is None or now - self._pruned_at > _PRUNE_SECONDS:
            async with self._pool.connection() as connection:
                await pointers.prune(connection)
                await cohort_rows.prune(connection)
            self._pruned_at = now

    def _soon(self) -> None:
        for reading in self._readings:
            reading.soon()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def _tick_for_ever(self) -> None:
        while True:
            try:
                await self.tick()
            except Exception as error:
                # The database is away, or what nobody foresaw: in a while it is tried again.
                _log.warning("national feed: %s; trying again", type(error).__name__)
            await asyncio.sleep(TICK_SECONDS)

    async def _collect(self, settings: MailboxSettings) -> None:
        # Here, because what it stands on takes long to import, and few have a mailbox.
        from registry.national.mesh.collecting import Collecting
        from registry.national.mesh.mailbox import Mailbox

        mailbox = await self._open.enter_async_context(Mailbox(settings))
        collecting = Collecting(mailbox, self._pool, self.reception, self._metrics)
        self._begin(collecting.run(settings.seconds))
