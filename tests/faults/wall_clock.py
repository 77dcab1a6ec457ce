"""Wall clocks of processes that can be set while they run, where there is a C compiler."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SOURCE = Path(__file__).with_name("stepped_clock.c")


def compiled(where: Path) -> Path | None:
    """Takes a directory; returns the library that a process is to preload, None where it cannot be
    made."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library = where / "stepped_clock.so"
    words = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(_SOURCE), "-ldl"]
    done = subprocess.run(words, capture_output=True, check=False)
    return library if done.returncode == 0 else None


class WallClock:
    """The clock of one machine, on which one or more of our processes run."""

    def __init__(self, library: Path, offset: Path) -> None:
        """Takes the library, and a file to say in by how much the clock is off."""
        self._library = library
        self._offset = offset
        self.step(0)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process that reads this clock is started with."""
        return {"LD_PRELOAD": str(self._library), "LFD_TEST_CLOCK": str(self._offset)}

    def step(self, seconds: int) -> None:
        """Takes by how much the clock is off from now on; negative: behind."""
        fresh = self._offset.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self._offset)
