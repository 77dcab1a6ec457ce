"""Makes the exports that wait, in the background of every registry process.

Whoever makes one holds its lock by the very transaction that reads the snapshot. A process that is
killed leaves that lock with its connection; the next to look begins the export anew, from a new
snapshot, because half of one moment and half of another would be a state that never was.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import Error
from psycopg_pool import PoolTimeout

from nhs.london_time import london_date
from registry.audit import event, storing
from registry.audit.act import Act, Actor, Origin, Subject
from registry.audit.patterns import EXPORT, EXPORTED
from registry.audit.recorder import Recorder
from registry.background import Turns
from registry.export import jobs
from registry.export.job import Job
from registry.export.jobs import ATTEMPTS, Making, Superseded
from registry.export.making import Maker
from registry.export.pseudonymised import Pseudonyms
from registry.export.reading import Snapshot, Unreadable
from registry.export.selection import is_pseudonymised
from registry.store.transaction import Connection, Pool

# How often a process looks for what another one left behind (seconds).
SECONDS = 5.0
# One holds the snapshot, one writes.
CONNECTIONS = 2
# So many people are put on record in one commit.
PEOPLE = 1000
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('export ' || %s, 0))"
_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_GAVE_UP = "The registry tried several times to make this export and could not. Ask for it again."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recording:
    """What exports are put on record with: the address of the FHIR API, and the writer that links
    the record."""

    server: str
    recorder: Recorder


class Exporter:
    """One process's maker of exports. Several may run on one database."""

    def __init__(
        self, pool: Pool, secret: bytes, recording: Recording, seconds: float = SECONDS
    ) -> None:
        self._pool = pool
        self._secret = secret
        self._recording = recording
        self._turns = Turns("export", self.make_all, seconds)

    def start(self) -> None:
        """Begins to make what waits."""
        self._turns.start()

    async def stop(self) -> None:
        """Ends at once: what is half made is begun anew by the next process."""
        await self._turns.stop()

    def soon(self) -> None:
        """Has it look now: an export was just asked for."""
        self._turns.soon()

    async def make_all(self) -> None:
        """Removes what has expired, and makes all that waits and nobody else is making."""
        async with self._pool.connection() as connection:
            await jobs.remove_expired(connection)
        while True:
            async with self._pool.connection() as connection:
                waiting = await jobs.waiting(connection)
            made = [job_id for job_id in waiting if await self._make(job_id)]
            if not made:
                return

    async def _make(self, job_id: str) -> bool:
        """True where this process made the export, or settled that it can't be made."""
        async with self._pool.connection() as connection:
            at = await jobs.moment(connection)
        async with self._pool.connection() as reading:
            await reading.execute(_SNAPSHOT)
            rows = await reading.execute(_LOCK, (job_id,))
            row = await rows.fetchone()
            if row is None or not row[0]:
                return False
            async with self._pool.connection() as writing:
                job = await jobs.claim(writing, job_id, at)
            if job is None:
                return False
            try:
                await self._attempt(reading, job)
            except Superseded:
                _log.info("export: cancelled while it was made, job=%s", job_id)
            except Unreadable as reason:
                await self._give_up(job, str(reason))
            except (Error, PoolTimeout):
                if job.attempt < ATTEMPTS:
                    raise
                await self._give_up(job, _GAVE_UP)
            except Exception as error:
                # Its text may be about a person.
                _log.error("export: failed job=%s error=%s", job_id, type(error).__name__)
                await self._give_up(job, _GAVE_UP)
        return True

    async def _attempt(self, reading: Connection, job: Job) -> None:
        wanted = job.wanted
        making = Making(self._pool, job)
        snapshot = Snapshot(reading, wanted, london_date(datetime.now(UTC)))
        await snapshot.prepare()
        maker = Maker(making, snapshot, wanted)
        names: Pseudonyms | None = None
        if is_pseudonymised(wanted.role):
            recipient = wanted.organisation or wanted.client
            names = Pseudonyms.of_recipient(self._secret, recipient)
        await maker.make(names)
        await self._put_on_record(making, job, maker.written)

    async def _put_on_record(self, making: Making, job: Job, written: int) -> None:
        """That it was made, and whom it is about: before anybody can have it."""
        last = ""
        while people := await making.people_after(last, PEOPLE):
            async with self._pool.connection() as connection:
                shown = tuple(Subject("Patient", one, one) for one in people)
                await self._keep(connection, job, written, shown)
            last = people[-1]
        async with self._pool.connection() as connection:
            if not last:
                await self._keep(connection, job, written, ())
            await making.finish(connection, written)
        self._recording.recorder.sealed_soon()

    async def _keep(
        self, connection: Connection, job: Job, written: int, shown: tuple[Subject, ...]
    ) -> None:
        wanted = job.wanted
        said = f"_type={','.join(wanted.types)}&resources={written}"
        if wanted.since is not None:
            said += f"&_since={wanted.since.isoformat()}"
        act = Act(
            at=datetime.now(UTC),
            interaction=EXPORTED,
            actor=Actor(wanted.client, wanted.organisation, wanted.role),
            origin=Origin(None, wanted.network),
            status=200,
            asked=f"{EXPORT}{job.id}",
            query=said,
            shown=shown,
        )
        await storing.add(connection, event.records(act, self._recording.server))

    async def _give_up(self, job: Job, why: str) -> None:
        async with self._pool.connection() as connection:
            await jobs.give_up(connection, job.id, why)
