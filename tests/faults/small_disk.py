"""A file system small enough to be filled, where we may mount one."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

SIZE = "320m"
_PIECE = bytes(1024 * 1024)


class SmallDisk:
    """A mounted file system of its own."""

    def __init__(self, where: Path) -> None:
        self.where = where

    def fill(self) -> None:
        """Leaves not a byte."""
        with (self.where / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
            for size in (len(_PIECE), 4096, 1):
                with suppress(OSError):
                    while ballast.write(_PIECE[:size]):
                        pass

    def free(self) -> None:
        """Gives back what `fill` took."""
        (self.where / "ballast").unlink(missing_ok=True)


@contextmanager
def mounted(where: Path) -> Generator[SmallDisk | None]:
    """Takes an empty directory; gives the disk mounted there, None where we may not."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "lfd-faults", str(where)]
    try:
        may = subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        may = False
    if not may:
        yield None
        return
    try:
        yield SmallDisk(where)
    finally:
        # Lazily: a process that is just ending may still have a file open.
        subprocess.run(["umount", "--lazy", str(where)], check=True)
