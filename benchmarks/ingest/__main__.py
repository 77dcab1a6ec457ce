"""`python -m benchmarks.ingest`: an adapter by MLLP, in turns with a bare listener."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

import httpx
import psycopg

from adapter import database
from benchmarks.history.stream import TRUST, stream
from benchmarks.ingest.cost import Cost, cost
from benchmarks.ingest.sender import Measured, send
from benchmarks.temporary_server import in_folder
from lfd.keys import private_key
from postgres.embedded import ensure_database

DATABASE = "benchmark"
HEAD = (
    "connections | on their way | what | messages/s | p50 ms | p99 ms | door, µs/message |"
    " converting, µs/message | memory, MB"
)


@dataclass(frozen=True, slots=True)
class Load:
    """How many connections, and how many messages of each may wait for their acknowledgement."""

    connections: int
    window: int


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement, and what the listener's processes cost before and after it."""

    measured: Measured
    before: Cost
    after: Cost


def main() -> int:
    """Measures; prints two rows and a share for each load; returns the exit code."""
    chosen = _arguments()
    seeds = count(chosen.seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(in_folder(folder))
        ensure_database(server, DATABASE)
        url = server.url(DATABASE)
        database.prepare(url)
        private_key(folder / "adapter.pem")
        print(HEAD)
        for load in (Load(c, w) for w in chosen.window for c in chosen.connections):
            ours: list[Run] = []
            bare: list[Run] = []
            for _ in range(chosen.rounds):
                _empty(url)
                with _bound(url) as (port, pids):
                    bare.append(_measure(port, pids, load, chosen.messages, next(seeds)))
                with _adapter(url, folder, chosen.processes) as (port, pids):
                    ours.append(_measure(port, pids, load, chosen.messages, next(seeds)))
                _all_kept(url, chosen.messages)
            _tell(load, "bound", bare)
            _tell(load, "adapter", ours)
            pairs = zip(ours, bare, strict=True)
            share = median(our.measured.rate / one.measured.rate for our, one in pairs)
            print(
                f"{load.connections} | {load.window} | share of the bound | {share:.0%} |",
                flush=True,
            )
        print(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 32, 256])
    parser.add_argument(
        "--window",
        type=int,
        nargs="+",
        default=[1, 16],
        help="messages of a connection that may wait for their acknowledgement (1: request and"
        " response; more: pipelined)",
    )
    parser.add_argument("--messages", type=int, default=20_000, help="sent in each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=1, help="of the adapter, on one port")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _measure(port: int, pids: list[int], load: Load, messages: int, seed: int) -> Run:
    """A tenth is sent beforehand and not counted: for code to be loaded and plans to be made."""
    early = list(stream(messages // 10, 10_000, seed + 10_000))
    counted = list(stream(messages, 10_000, seed))
    send(port, early, load.connections, load.window)
    before = cost(pids)
    measured = send(port, counted, load.connections, load.window)
    return Run(measured, before, cost(pids))


def _tell(load: Load, what: str, runs: Sequence[Run]) -> None:
    rate = median(run.measured.rate for run in runs)
    p50, p99 = (1000 * median(run.measured.percentile(at) for run in runs) for at in (0.5, 0.99))
    own = median(1e6 * (r.after.own - r.before.own) / len(r.measured.latencies) for r in runs)
    aside = median(
        1e6 * (r.after.of_children - r.before.of_children) / len(r.measured.latencies) for r in runs
    )
    memory = max(run.after.memory for run in runs) / 1e6
    print(
        f"{load.connections} | {load.window} | {what} | {rate:,.0f} | {p50:.2f} | {p99:.2f} |"
        f" {own:,.0f} | {aside:,.0f} | {memory:,.0f}",
        flush=True,
    )


def _empty(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE adapter.inbox, adapter.outbox CASCADE")
        connection.execute("DROP TABLE IF EXISTS bound_row")


def _all_kept(url: str, messages: int) -> None:
    """Whatever was acknowledged is in the table, on both sides."""
    wanted = messages + messages // 10
    with psycopg.connect(url) as connection:
        for table in ("adapter.inbox", "bound_row"):
            row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
            assert row is not None
            assert row[0] == wanted, f"{row[0]} of {wanted} are in {table}"


@contextmanager
def _bound(url: str) -> Generator[tuple[int, list[int]]]:
    port = free_port()
    words = ["-m", "benchmarks.ingest.bound", "--database", url, "--port", str(port)]
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield port, [process.pid]
        finally:
            process.terminate()


@contextmanager
def _adapter(url: str, folder: Path, processes: int) -> Generator[tuple[int, list[int]]]:
    """An adapter whose registry is not there: it takes, converts, and keeps for delivery."""
    mllp, nobody = free_port(), free_port()
    words = ["adapter", "--database", url, "--registry", f"http://127.0.0.1:{nobody}"]
    words += ["--client", "adapter", "--key", str(folder / "adapter.pem")]
    words += ["--mllp", f"127.0.0.1:{mllp}", "--organisation", TRUST]
    if processes > 1:
        words.append("--share-mllp-port")
    with ExitStack() as stack:
        pids = [stack.enter_context(running(words)) for _ in range(processes)]
        yield mllp, pids


@contextmanager
def running(words: Sequence[str]) -> Generator[int]:
    """Takes the words of an `lfd` command that serves HTTP; gives its process id once it is ready,
    and ends it."""
    http = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [sys.executable, "-m", "lfd", *words, "--http", http],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_ready(f"http://{http}")
        yield process.pid
    finally:
        process.terminate()
        process.wait(60)


def free_port() -> int:
    """Returns a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_ready(address: str) -> None:
    """Takes the address of one of our services; returns once it is ready. TimeoutError after two
    minutes."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError("it is not ready")


if __name__ == "__main__":
    sys.exit(main())
