"""Processes of a server whose keeper is gone: found by the cluster's name, and ended."""

import os
import re
import signal
import time
from contextlib import suppress
from dataclasses import dataclass

from postgres.error import PostgresError
from postgres.locks import lock_until
from postgres.processes import running_commands

_POSTGRES = re.compile(r"(^|/)postgres:?( |$)")


@dataclass(frozen=True)
class ServerProcess:
    """One process of a server; `postmaster` is the first one, which answers for the others."""

    pid: int
    postmaster: bool


def server_processes(name: str) -> list[ServerProcess]:
    """Return the processes of the server with the cluster name `name`."""
    found: list[ServerProcess] = []
    for pid, command in running_commands():
        # A server's child shows "postgres: NAME: what it does".
        if command.startswith(f"postgres: {name}: "):
            found.append(ServerProcess(pid, postmaster=False))
        elif "postgres -D " in command and f" cluster_name={name} " in f"{command} ":
            found.append(ServerProcess(pid, postmaster=True))
    return found


def is_other_postgres(pid: int) -> bool:
    """Return whether this id is that of a PostgreSQL process which we did not start."""
    command = dict(running_commands()).get(pid, "")
    ours = " cluster_name=lfd-" in command or command.startswith("postgres: lfd-")
    return not ours and _POSTGRES.search(command) is not None


def end_orphans(name: str, server_lock: int) -> None:
    """End what is left of the server `name`, gently first, until its lock is ours.

    Takes the cluster name and the open lock file. Raises PostgresError when the lock stays taken.
    """
    stages = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
    for number, patience in stages:
        signalled = _send(number, server_processes(name))
        if lock_until(server_lock, time.monotonic() + (patience if signalled else 0.2)):
            return
    raise PostgresError(
        f"a process of an earlier server ({name}) is still at work on the data directory, "
        "perhaps in another container: stop it and start again"
    )


def _send(number: signal.Signals, processes: list[ServerProcess]) -> bool:
    """Signal the postmaster, which ends the others; without it, those that are left.

    SIGINT is for a postmaster alone: to the others it doesn't mean "stop".
    """
    first = [process for process in processes if process.postmaster]
    everybody = processes if number != signal.SIGINT else []
    targets = processes if number == signal.SIGKILL else first or everybody
    for process in targets:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)
    return bool(targets)
