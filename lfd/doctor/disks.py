"""Space on disks, and the age of backups."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from lfd.doctor.finding import Finding, fail, ok, warn

LEAST_BYTES, LEAST_SHARE = 1024**3, 0.1
_HOUR = 3600.0


def space(what: str, directory: Path | str) -> Iterator[Finding]:
    """Takes the name of a disk and a directory on it; gives what room there is. Nothing where this
    process may not look."""
    path = _nearest(Path(directory))
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return
    yield judged(what, usage.free, usage.total)


def judged(what: str, free: int, total: int) -> Finding:
    """Takes the name of a disk, its free bytes and all of them; returns whether that is enough."""
    share = free / total if total else 0.0
    found = f"{free / 1024**3:.1f} GiB free of {total / 1024**3:.1f} ({share:.0%})"
    if free < LEAST_BYTES:
        return fail(what, found, "Make room now: a full disk stops PostgreSQL")
    if share < LEAST_SHARE:
        return warn(what, found, "Make room, or a larger disk")
    return ok(what, found)


def backups(directory: Path, hours: int) -> Finding:
    """Takes where backups are put and how many hours old the newest may be; returns whether one is.
    Only files with something in them count."""
    try:
        found = [one.stat() for one in directory.rglob("*") if one.is_file()]
    except OSError as error:
        return fail(
            "backups", f"{directory}: {error.strerror}", "Look at --backups and who may read"
        )
    times = [one.st_mtime for one in found if one.st_size]
    if not directory.is_dir():
        return fail("backups", f"{directory} is not a directory", "Look at --backups")
    if not times:
        return fail("backups", f"there is none in {directory}", "Make one now (docs/operate.md)")
    age = (time.time() - max(times)) / _HOUR
    said = f"the newest is {age:.1f} hours old"
    if age > hours:
        return fail("backups", said, f"It may be {hours}: look why no newer one was made")
    return ok("backups", said)


def _nearest(path: Path) -> Path:
    """The directory itself, or the one in which it is going to be."""
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
