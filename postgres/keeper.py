"""A process of its own that holds a server as long as somebody has a lease, then stops it.

Started by postgres.launch, which passes the keeper's lock already taken. It imports little, so as
to be quick."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from postgres.account import Account
from postgres.cluster import Cluster
from postgres.directory import DataDirectory, open_beside
from postgres.error import PostgresError
from postgres.locks import drop_lock, lock_until, lock_when_free, open_lock, try_lock
from postgres.orphans import end_orphans, is_other_postgres
from postgres.socket_directory import (
    clear_socket_directory,
    prepare_socket_directory,
    remove_socket_directory,
)

READY = b"ready"
FAILED, KILLED = 1, 2  # exit statuses
_PAUSE = 0.005
_PATIENCE = 10.0
_MOST_KILLS = 5
_LONGEST_LOG = 16 * 1024 * 1024


@dataclass(frozen=True)
class Order:
    """What a keeper is told on its command line."""

    cluster: Cluster
    keeper_lock: int

    def arguments(self) -> list[str]:
        """Return the command line's arguments; `read_order` is the way back."""
        account = self.cluster.account
        owner = [] if account is None else [str(account.uid), str(account.gid)]
        start = [str(self.cluster.directory.path), str(self.keeper_lock)]
        return [*start, str(self.cluster.programs), *owner]


def read_order(arguments: list[str]) -> Order:
    """Return the order that a keeper's command line holds."""
    data, lock, programs, *owner = arguments
    account = Account(int(owner[0]), int(owner[1])) if owner else None
    return Order(Cluster(DataDirectory(Path(data)), Path(programs), account), int(lock))


class Keeper:
    """Runs the server in the main thread, and stops it when the last lease is gone."""

    def __init__(self, order: Order, starter: int) -> None:
        """Take the order, and the pipe to the one who waits for the start (see `main`)."""
        self._cluster = order.cluster
        self._directory = order.cluster.directory
        self._keeper_lock = order.keeper_lock
        self._starter: int | None = starter
        self._server: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self._kills_at_start = 0

    def run(self) -> int:
        """Serve until nobody needs the server; return the exit status."""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self._stop())
        try:
            self._serve()
        except (PostgresError, OSError) as error:
            print(f"keeper: {error}", file=sys.stderr)
            self._tell(str(error).encode())
            return FAILED
        return 0

    def _serve(self) -> None:
        self._make_cluster()
        name = self._directory.server_name
        socket_directory = prepare_socket_directory(name, self._cluster.account)
        threading.Thread(target=self._await_last_lease, daemon=True).start()
        try:
            while not self._stopping:
                self._serve_once(socket_directory)
        finally:
            remove_socket_directory(socket_directory)
            # Before the lease's lock, which goes with the process: who gets a lease after us
            # must find the place free.
            drop_lock(self._keeper_lock)

    def _make_cluster(self) -> None:
        if not self._cluster.exists():
            server_lock = self._claim_cluster()
            self._cluster.initialise(server_lock)
            os.close(server_lock)

    def _serve_once(self, socket_directory: Path) -> None:
        """Run the server until it ends, by our will or not (then `_serve` starts it again)."""
        server_lock = self._claim_cluster()
        clear_socket_directory(socket_directory)
        log_before = os.fstat(2).st_size
        server = self._server = self._cluster.start(socket_directory, server_lock)
        os.close(server_lock)  # from here on it belongs to the server's processes
        if self._stopping:
            server.send_signal(signal.SIGINT)
        if self._wait_until_ready(server, log_before):
            published = self._publish(socket_directory)
            self._tell(READY)
            server.wait()
            self._withdraw(published)

    def _claim_cluster(self) -> int:
        lock = open_lock(self._directory.server)
        if not self._cluster.exists():
            self._await_initdb(lock)
        elif not try_lock(lock):
            end_orphans(self._directory.server_name, lock)
        self._remove_stale_pid_file()
        return lock

    def _await_initdb(self, server_lock: int) -> None:
        """Wait for the initdb of a killed keeper, which was told to stop and clears up."""
        if not lock_until(server_lock, time.monotonic() + _PATIENCE):
            raise PostgresError(
                f"an initdb that nobody waits for is at work on {self._directory.unfinished}: "
                "end it and start again"
            )

    def _remove_stale_pid_file(self) -> None:
        """Remove the postmaster.pid of a killed server: its process id may be in use again.

        That is usual in a container, and PostgreSQL would refuse to start. We have the server's
        lock, so none of ours lives; a server that somebody started by hand is left in peace.
        """
        path = self._directory.cluster / "postmaster.pid"
        with suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(path.read_text().splitlines()[0])
            if not is_other_postgres(pid):
                path.unlink()

    def _wait_until_ready(self, server: subprocess.Popen[bytes], log_before: int) -> bool:
        while not self._cluster.answers(server):
            if server.poll() is not None:
                if self._stopping or self._killed_at_start(server):
                    return False
                raise PostgresError(self._why_it_ended(server, log_before))
            time.sleep(_PAUSE)
        return True

    def _killed_at_start(self, server: subprocess.Popen[bytes]) -> bool:
        """Whether it is worth another try: somebody killed it, and not every time."""
        self._kills_at_start += 1
        return server.returncode == -signal.SIGKILL and self._kills_at_start < _MOST_KILLS

    def _why_it_ended(self, server: subprocess.Popen[bytes], log_before: int) -> str:
        log = self._directory.log
        lines = log.read_bytes()[log_before:].decode(errors="replace").splitlines()
        reasons = [line for line in lines if "FATAL" in line or "PANIC" in line] or lines[-1:]
        reason = reasons[-1] if reasons else "it gave no reason"
        return f"PostgreSQL ended with {server.returncode} at its start: {reason} (more in {log})"

    def _publish(self, socket_directory: Path) -> int:
        """Write where the server answers, in one step; return the file's number."""
        address = self._directory.address
        draft = address.with_name(f"{address.name}.new")
        descriptor = open_beside(draft, os.O_WRONLY | os.O_TRUNC)
        os.write(descriptor, os.fsencode(socket_directory))
        number = os.fstat(descriptor).st_ino
        os.close(descriptor)
        draft.rename(address)
        return number

    def _withdraw(self, published: int) -> None:
        address = self._directory.address
        # Not what a newer keeper wrote, if the whole directory was removed and made again.
        with suppress(FileNotFoundError):
            if address.stat().st_ino == published:
                address.unlink()

    def _await_last_lease(self) -> None:
        lock_when_free(open_lock(self._directory.lease))
        self._stop()

    def _stop(self) -> None:
        # `_serve_once` sets the server, then looks at the flag: one of us sees the other.
        self._stopping = True
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
        hurry = threading.Timer(_PATIENCE, self._hurry)
        hurry.daemon = True
        hurry.start()

    def _hurry(self) -> None:
        """End a server that doesn't stop, as 18.6 doesn't when asked just after a child crashed.

        It is the immediate shutdown: the next start recovers, and nothing committed is lost.
        """
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)

    def _tell(self, news: bytes) -> None:
        if self._starter is None:
            return
        with suppress(BrokenPipeError):  # it may have been killed, or lost patience
            os.write(self._starter, news)
        os.close(self._starter)
        self._starter = None


def main() -> int:
    """Leave a keeper behind; return 0 once its server answers, else FAILED or KILLED."""
    order = read_order(sys.argv[1:])
    news, starter = os.pipe()
    if os.fork():
        os.close(starter)
        os.close(order.keeper_lock)  # the keeper's alone, so that it goes when the keeper does
        return _pass_on(news)
    os.close(news)
    os.chdir("/")
    _write_to_log(order.cluster.directory)
    return Keeper(order, starter).run()


def _pass_on(news: int) -> int:
    with open(news, "rb") as pipe:
        text = pipe.read()
    if text == READY:
        return 0
    sys.stderr.buffer.write(text)
    return FAILED if text else KILLED


def _write_to_log(directory: DataDirectory) -> None:
    log = directory.log
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        log.rename(log.with_name(f"{log.name}.1"))
    descriptor = open_beside(log, os.O_WRONLY | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main())
