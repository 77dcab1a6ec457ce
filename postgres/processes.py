"""The processes of this machine and their command lines."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")


def running_commands() -> Iterator[tuple[int, str]]:
    """Give the id and the command line, words joined by spaces, of each process there is."""
    if (_PROCESSES / "self" / "cmdline").exists():
        return _commands_of_linux()
    return _commands_of_ps()


def _commands_of_linux() -> Iterator[tuple[int, str]]:
    for entry in _PROCESSES.iterdir():
        if entry.name.isdecimal():
            # A process may end while we look at it.
            with suppress(OSError):
                command = (entry / "cmdline").read_bytes()
                yield int(entry.name), command.replace(b"\0", b" ").decode(errors="replace")


def _commands_of_ps() -> Iterator[tuple[int, str]]:
    command = ["ps", "-axww", "-o", "pid=,command="]
    listing = subprocess.run(command, capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        pid, _, text = line.strip().partition(" ")
        yield int(pid), text.strip()
