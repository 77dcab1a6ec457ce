"""A shell in which a page's blocks are run one after the other, as a reader pastes them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_END = "--- the block has ended ---"
_FAILED = "--- failed: "


class Session:
    """One bash; what a block sets, the next block sees."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, block: str) -> str:
        """Takes lines; returns what they printed. AssertionError where one of them failed."""
        said = self.tried(block)
        assert _FAILED not in said, said
        return said

    def tried(self, block: str) -> str:
        """Takes lines, of which some may fail; returns what they printed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{block}\necho; echo '{_END}'\n")
        self._process.stdin.flush()
        said: list[str] = []
        for line in self._process.stdout:
            if line.rstrip("\n") == _END:
                return "".join(said)
            said.append(line)
        raise AssertionError("the shell has ended: " + "".join(said))


@contextmanager
def shell_in(folder: Path, **variables: str) -> Generator[Session]:
    """Takes the working folder and variables; opens the shell, and ends it."""
    words = ["bash", "--noprofile", "--norc"]
    with subprocess.Popen(
        words,
        cwd=folder,
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(f"set -uo pipefail\ntrap 'echo \"{_FAILED}$BASH_COMMAND\"' ERR\n")
        try:
            yield Session(process)
        finally:
            process.stdin.close()
            process.wait(10)
