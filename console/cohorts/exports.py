"""The exports of a cohort that an organisation's people asked for, as a page tells of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from registry.access.caller import Caller
from registry.export import jobs
from registry.export.job import File, Job
from registry.store.transaction import Connection


@dataclass(frozen=True, slots=True)
class Export:
    """One export: its id, when it was asked for and until when its files are kept, how far it is
    (in words; '' when it is done), why it never will be done ('': it may), and its files."""

    id: str
    asked_at: datetime
    kept_until: datetime
    progress: str
    failure: str
    files: tuple[File, ...]


async def of_cohort(connection: Connection, caller: Caller, cohort_id: str) -> list[Export]:
    """Takes a connection that reads for a caller, the caller, and a cohort; returns its exports,
    the newest first."""
    found = await jobs.of_group(connection, caller, cohort_id)
    return [_export(job, await jobs.files(connection, job.id)) for job in found]


def _export(job: Job, files: Sequence[File]) -> Export:
    is_done = job.finished_at is not None
    return Export(
        job.id,
        job.expires_at - jobs.KEPT,
        job.expires_at,
        "" if is_done or job.failed else _words(job),
        job.failed or "",
        tuple(one for one in files if one.kind == "output") if is_done else (),
    )


def _words(job: Job) -> str:
    if job.attempt == 0:
        return "Waits to be made"
    if job.expected is None:
        return "Being made"
    return f"Being made: {job.progress}"


def mark(exports: Sequence[Export]) -> str:
    """Takes exports; returns a text that is another whenever a page would say something else of
    them."""
    said = [(one.id, one.progress, one.failure, len(one.files)) for one in exports]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def size(count: int) -> str:
    """Takes a number of bytes; returns it as people say it."""
    if count < 1000:
        return f"{count} bytes"
    if count < 1_000_000:
        return f"{round(count / 1000)} kB"
    return f"{count / 1_000_000:.1f} MB"
