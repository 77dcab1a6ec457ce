"""One PostgreSQL cluster on disk: making it with initdb, starting its server, seeing it ready."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from postgres.account import Account
from postgres.directory import DataDirectory
from postgres.error import PostgresError
from postgres.settings import ALWAYS, PORT, SUPERUSER, TUNABLE, as_arguments

_PR_SET_PDEATHSIG = 1
_LINE_OF_STATUS = 7
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Cluster:
    """A cluster, the programs to run it with, and the account to run them as (None: our own)."""

    directory: DataDirectory
    programs: Path
    account: Account | None

    def exists(self) -> bool:
        """Return whether the cluster has been made."""
        return (self.directory.cluster / "PG_VERSION").exists()

    def initialise(self, server_lock: int) -> None:
        """Make the cluster; initdb inherits `server_lock`. Raises PostgresError when that fails."""
        self._make_empty(self.directory.unfinished)
        self._run_initdb(self.directory.unfinished, server_lock)
        self._put_in_place()

    def start(self, socket_directory: Path, server_lock: int) -> subprocess.Popen[bytes]:
        """Start the server; it inherits `server_lock`. Call from a thread that lives as long."""
        arguments = ["-k", str(socket_directory), "-p", str(PORT)]
        named = {"cluster_name": self.directory.server_name}
        return subprocess.Popen(
            [*self._program("postgres"), *arguments, *as_arguments(named | ALWAYS)],
            cwd=self.directory.cluster,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            pass_fds=[server_lock],
            start_new_session=True,
            preexec_fn=_die_with_parent(),
            umask=0o077,
            user=self._user,
            group=self._group,
            extra_groups=self._extra_groups,
        )

    def answers(self, server: subprocess.Popen[bytes]) -> bool:
        """Return whether this server has said that it takes connections."""
        try:
            lines = (self.directory.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        own = bool(lines) and lines[0] == str(server.pid)
        return own and len(lines) > _LINE_OF_STATUS and lines[_LINE_OF_STATUS].strip() == "ready"

    def _program(self, name: str) -> list[str]:
        # The account may have no way through the directories above the cluster (/root). A process
        # started inside needs none: /proc/self/cwd leads there without walking a path.
        inside = self.account is not None and sys.platform == "linux"
        where = "/proc/self/cwd" if inside else str(self.directory.cluster)
        return [str(self.programs / name), "-D", where]

    def _make_empty(self, path: Path) -> None:
        import shutil  # slow to import; needed once in a cluster's life

        if path.exists():
            shutil.rmtree(path)
        path.mkdir(mode=0o700)
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)

    def _run_initdb(self, path: Path, server_lock: int) -> None:
        done = subprocess.run(
            [*self._initdb_command(path), *as_arguments(TUNABLE)],
            cwd=path,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[server_lock],
            preexec_fn=_die_with_parent(),
            umask=0o077,
            user=self._user,
            group=self._group,
            extra_groups=self._extra_groups,
            check=False,
        )
        if done.returncode != 0:
            reason = _first_error(done.stderr)
            raise PostgresError(f"initdb of {path} ended with {done.returncode}: {reason}")

    def _initdb_command(self, path: Path) -> list[str]:
        program, option, where = self._program("initdb")
        directory = where if self.account is not None else str(path)
        # trust: who can reach the socket is settled by its directory, mode 0700, which only the
        # server's own account (and root) can enter; a password would have to lie in a file beside.
        access = ["--auth-local=trust", "--auth-host=reject", f"--username={SUPERUSER}"]
        text = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        text += ["--builtin-locale=C.UTF-8", "--data-checksums", "--no-instructions"]
        return [program, option, directory, *access, *text]

    def _put_in_place(self) -> None:
        try:
            self.directory.unfinished.rename(self.directory.cluster)
        except OSError as error:
            raise PostgresError(
                f"{self.directory.cluster} is there but isn't a PostgreSQL cluster: "
                "move it away, or choose another data directory"
            ) from error
        descriptor = os.open(self.directory.path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    @property
    def _user(self) -> int | None:
        return None if self.account is None else self.account.uid

    @property
    def _group(self) -> int | None:
        return None if self.account is None else self.account.gid

    @property
    def _extra_groups(self) -> list[int] | None:
        return None if self.account is None else []


def _environment() -> dict[str, str]:
    """Nothing of the caller's: PG* variables would change the server, secrets have no place."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return _ENVIRONMENT | kept


def _die_with_parent() -> Callable[[], None] | None:
    """What a started process does first: ask the kernel for SIGINT when its keeper is killed.

    It must be done after the change of account, which would undo it: Popen keeps that order.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    keeper = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != keeper:  # killed before we asked
            os._exit(1)

    return ask


def _first_error(output: str) -> str:
    lines = [line for line in output.splitlines() if "error" in line.lower()] or [output.strip()]
    return lines[0]
