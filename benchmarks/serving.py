"""A registry of its own process, for a benchmark."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import httpx

PUBLIC = "http://registry.example"
# Far above what a benchmark asks.
UNLIMITED = ("--client-rate", "100000", "--address-rate", "100000")


@contextmanager
def running_registry(url: str) -> Generator[str]:
    """Takes a database; runs `lfd registry` on it until the end, and gives its address."""
    where = f"127.0.0.1:{free_port()}"
    words = ["registry", "--database", url, "--public-url", PUBLIC, "--http", where, *UNLIMITED]
    process = subprocess.Popen(
        [sys.executable, "-m", "lfd", *words, "--allow-test-numbers"], stdout=subprocess.DEVNULL
    )
    address = f"http://{where}"
    try:
        wait_ready(address)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def free_port() -> int:
    """Returns a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_ready(address: str) -> None:
    """Takes an address; returns when what is there says that it is ready. TimeoutError."""
    for _ in _patience():
        try:
            if httpx.get(f"{address}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            continue
    raise TimeoutError("the registry is not ready")


def _patience() -> Iterator[None]:
    for _ in range(600):
        yield
        time.sleep(0.1)
