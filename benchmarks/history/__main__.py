"""`python -m benchmarks.history`: a slice of ten years of messages into the registry."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psycopg

from benchmarks.derive.holding import load_directory
from benchmarks.history.stream import TRUST, write
from benchmarks.serving import free_port, wait_ready
from benchmarks.temporary_server import in_folder
from lfd.keys import private_key, public_key
from postgres.embedded import ensure_database
from registry import database
from registry.access import clients

TEN_YEARS = 30_000_000
_EVERY = 2.0


@dataclass(frozen=True, slots=True)
class Sample:
    """At one moment: messages that came to their end, and the memory of the load in bytes."""

    at: float
    done: int
    memory: int


def main() -> int:
    """Loads the slice; prints rates, memory and hours for ten years; returns the exit code."""
    chosen = _arguments()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        archive = folder / "archive.hl7"
        write(archive, chosen.messages, chosen.people, chosen.seed)
        url_of = stack.enter_context(_databases(folder))
        url = url_of("adapter")
        if not chosen.into_the_inbox_only:
            stack.enter_context(_delivering(url_of, folder, chosen.adapters))
        ahead = 10**9 if chosen.into_the_inbox_only else chosen.ahead
        words = [str(archive), "--database", url, "--ahead", str(ahead), "--wait"]
        samples = _load(words[: 5 if chosen.into_the_inbox_only else 6], url, chosen)
        _tell(samples, chosen, archive, url)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("--messages", type=int, default=30_000, help="the slice")
    parser.add_argument("--people", type=int, default=10_000, help="whom they are about")
    parser.add_argument("--adapters", type=int, default=1, help="that deliver side by side")
    parser.add_argument("--ahead", type=int, default=500, help="as for `lfd load`")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--into-the-inbox-only",
        action="store_true",
        help="nothing is delivered: what reading, converting and keeping take alone",
    )
    return parser.parse_args()


@contextmanager
def _databases(folder: Path) -> Generator[Callable[[str], str]]:
    with in_folder(folder) as server:
        for name in ("registry", "adapter"):
            ensure_database(server, name)
        url = server.url("registry")
        database.prepare(url)
        with database.connect(url) as connection:
            load_directory(connection)
        yield server.url


@contextmanager
def _delivering(url_of: Callable[[str], str], folder: Path, adapters: int) -> Generator[None]:
    """A registry, and adapters that empty one outbox."""
    key = folder / "adapter.pem"
    with database.connect(url_of("registry")) as connection:
        clients.add(connection, "adapter", TRUST, "adapter", public_key(private_key(key)))
    http = f"127.0.0.1:{free_port()}"
    registry = ["registry", "--database", url_of("registry"), "--http", http]
    # As fast as it goes: the limit of one client is far above the pace of a feed, not of this.
    limits = ["--allow-test-numbers", "--client-rate", "100000"]
    with ExitStack() as stack:
        stack.enter_context(_running([*registry, *limits], http))
        for _ in range(adapters):
            where = f"127.0.0.1:{free_port()}"
            told = ["--registry", f"http://{http}", "--client", "adapter", "--key", str(key)]
            doors = ["--http", where, "--mllp", f"127.0.0.1:{free_port()}"]
            words = ["adapter", "--database", url_of("adapter"), *told, *doors]
            stack.enter_context(_running(words, where))
        yield


@contextmanager
def _running(words: Sequence[str], http: str) -> Generator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "lfd", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_ready(f"http://{http}")
        yield
    finally:
        process.terminate()
        process.wait(60)


def _load(words: Sequence[str], url: str, chosen: argparse.Namespace) -> list[Sample]:
    samples: list[Sample] = []
    states = "('delivered')" if not chosen.into_the_inbox_only else "('converted')"
    process = subprocess.Popen([sys.executable, "-m", "lfd", "load", *words])
    ended = threading.Event()
    threading.Thread(target=lambda: (process.wait(), ended.set()), daemon=True).start()
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            began = time.monotonic()
            while not ended.wait(_EVERY):
                done = _done(connection, states)
                samples.append(Sample(time.monotonic() - began, done, _memory(process.pid)))
            samples.append(Sample(time.monotonic() - began, _done(connection, states), 0))
    finally:
        process.kill()
    assert process.returncode == 0
    return samples


def _done(connection: psycopg.Connection, states: str) -> int:
    exists = connection.execute("SELECT to_regclass('adapter.inbox') IS NOT NULL").fetchone()
    if exists is None or not exists[0]:
        return 0
    query = f"SELECT count(*) FROM adapter.inbox WHERE state IN {states}"
    found = connection.execute(query.encode()).fetchone()
    return int(found[0]) if found else 0


def _memory(pid: int) -> int:
    """The load's processes together, shared pages in parts (PSS); 0 where it has just ended."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        rollups = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in (pid, *children)]
    except OSError:
        return 0
    lines = [line for text in rollups for line in text.splitlines() if line.startswith("Pss:")]
    return sum(int(line.split()[1]) * 1024 for line in lines)


def _tell(samples: Sequence[Sample], chosen: argparse.Namespace, archive: Path, url: str) -> None:
    total = samples[-1].done
    assert total == chosen.messages, f"{total} of {chosen.messages} came to their end"
    thirds = [_reached(samples, total * part / 3) for part in (0, 1, 2, 3)]
    rates = [total / 3 / (end - start) for start, end in pairwise(thirds)]
    rate = total / (thirds[3] - thirds[0])
    memory = [sample.memory for sample in samples if sample.memory]
    half = len(memory) // 2
    print(f"messages                       {total:,} ({archive.stat().st_size / 1e6:,.0f} MB)")
    print("messages/s, by thirds          " + "  ".join(f"{one:,.0f}" for one in rates))
    print(f"messages/s                     {rate:,.0f}")
    print(f"hours for {TEN_YEARS:,}           {TEN_YEARS / rate / 3600:,.1f}")
    first, second = max(memory[:half], default=0), max(memory[half:], default=0)
    print(f"most memory, first/second half {first / 1e6:,.0f} / {second / 1e6:,.0f} MB")
    with psycopg.connect(url) as connection:
        size = "SELECT pg_total_relation_size('adapter.inbox')"
        found = connection.execute(size).fetchone()
    if found:
        print(f"bytes in the inbox, a message  {found[0] / total:,.0f}")
    print(f"cores                          {os.cpu_count()}, load {os.getloadavg()[0]:.1f}")


def _reached(samples: Sequence[Sample], count: float) -> float:
    """When so many were done; the start is when the first were."""
    return next(sample.at for sample in samples if sample.done >= max(count, 1))


if __name__ == "__main__":
    sys.exit(main())
