"""Locks between processes that the kernel drops when their holder dies, however it dies."""

import fcntl
import os
import time
from pathlib import Path

from postgres.directory import open_beside
from postgres.error import PostgresError

_PAUSE = 0.01


def open_lock(path: Path) -> int:
    """Open the lock file at `path` without locking it; return its descriptor.

    Closing the descriptor (and every copy a child inherited) drops the lock.
    Raises PostgresError when the file belongs to somebody else.
    """
    try:
        return open_beside(path, os.O_RDWR)
    except OSError as error:
        raise PostgresError(
            f"can't open {path} ({error.strerror}): run as the owner of {path.parent}, "
            "or choose another data directory"
        ) from error


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Lock an open lock file if nobody stands in the way; return whether it is locked now."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_until(descriptor: int, deadline: float, *, shared: bool = False) -> bool:
    """Lock an open lock file, waiting until `deadline` (time.monotonic) at the latest.

    Returns whether it is locked now.
    """
    while not try_lock(descriptor, shared=shared):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True


def drop_lock(descriptor: int) -> None:
    """Unlock an open lock file at once, even if a forked child has a copy of it, and close it."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def lock_when_free(descriptor: int) -> None:
    """Lock an open lock file for this process alone, however long that takes."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)
