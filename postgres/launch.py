"""Starting a keeper: from a process that uses the server, and must not be its parent."""

import os
import subprocess
import sys
from pathlib import Path

from postgres.account import server_account
from postgres.binaries import server_programs
from postgres.cluster import Cluster
from postgres.directory import DataDirectory
from postgres.error import PostgresError
from postgres.keeper import FAILED, Order

_KEPT = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONHOME")


def launch_keeper(directory: DataDirectory, keeper_lock: int, timeout: float) -> bool:
    """Start a keeper and wait until its server answers.

    Takes the keeper's lock, taken by the caller, so that there is never a second keeper.
    Returns whether the server answers: if not, the keeper was killed, and another try may do.
    Raises PostgresError when the server can't be started, or not in `timeout` seconds.
    """
    account = server_account(directory)
    order = Order(Cluster(directory, server_programs(account), account), keeper_lock)
    done = _run(order, timeout)
    if done.returncode == FAILED:
        reason = (done.stderr.decode(errors="replace").splitlines() or ["without a reason"])[-1]
        raise PostgresError(f"PostgreSQL can't start on {directory.path}: {reason}")
    return done.returncode == 0


def _run(order: Order, timeout: float) -> subprocess.CompletedProcess[bytes]:
    directory = order.cluster.directory
    try:
        return subprocess.run(
            # -S: the keeper needs the standard library and this package, found from the
            # directory it starts in, and nothing that is slow to set up.
            [sys.executable, "-S", "-m", "postgres.keeper", *order.arguments()],
            cwd=Path(__file__).resolve().parent.parent,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            pass_fds=[order.keeper_lock],
            start_new_session=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PostgresError(
            f"PostgreSQL on {directory.path} isn't ready after {timeout:.0f} seconds "
            f"and is still starting: see {directory.log}, and try again"
        ) from error
