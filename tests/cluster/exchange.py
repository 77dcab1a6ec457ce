"""A registry and an adapter as processes on the cluster's databases, as an operator starts them."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import httpx

from lfd.keys import private_key, public_key
from tests.end_to_end.exchange import DIRECTORY, LFD, free_port, lfd

PATIENCE = 90.0


class Exchange:
    """A registry and an adapter, the registry's clients, and where each listens."""

    def __init__(
        self, directory: Path, registry: str, adapter: str, *, reads_from: str | None = None
    ) -> None:
        """Takes a directory for logs and keys, both databases, and the servers whose standbys
        answer reads (None: the primary answers all)."""
        self._directory = directory
        self._replicas = [] if reads_from is None else ["--read-database", reads_from]
        self.databases = {"registry": registry, "adapter": adapter}
        self.registry_port = free_port()
        self.http_port, self.mllp_port = free_port(), free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """The registry's address."""
        return f"http://127.0.0.1:{self.registry_port}"

    def key(self, client: str) -> Path:
        """The file of a client's key."""
        return self._directory / f"{client}.pem"

    def start(self) -> None:
        """Starts both, with an adapter's and a provider's client; waits until they are ready."""
        self.start_registry()
        where = ["--database", self.databases["registry"]]
        organisations = self._directory / "organisations.csv"
        organisations.write_text(DIRECTORY)
        lfd("organisation", "load", str(organisations), *where)
        for role in ("adapter", "provider"):
            public = self.key(role).with_suffix(".pub.pem")
            public.write_text(public_key(private_key(self.key(role))))
            who = ["--organisation", "RT1", "--role", role, "--public-key", str(public)]
            lfd("client", "add", role, *who, *where)
        self._run(
            "adapter", "--database", self.databases["adapter"], "--organisation", "RT1",
            "--registry", self.url, "--client", "adapter", "--key", str(self.key("adapter")),
            "--http", f"127.0.0.1:{self.http_port}", "--mllp", f"127.0.0.1:{self.mllp_port}",
        )  # fmt: skip
        self._wait(self.http_port)

    def start_registry(self) -> None:
        """Starts the registry, at the address it had before."""
        where = ["--database", self.databases["registry"]]
        http = f"127.0.0.1:{self.registry_port}"
        self._run("registry", *where, *self._replicas, "--http", http, "--allow-test-numbers")
        self._wait(self.registry_port)

    def stop_registry(self) -> None:
        """Stops the registry; the adapter goes on."""
        self._stop("registry")

    def stop(self) -> None:
        """Stops what runs."""
        for name in list(self._running):
            self._stop(name)

    def _stop(self, name: str) -> None:
        process = self._running.pop(name)
        process.terminate()
        process.wait(PATIENCE)

    def _run(self, *words: str) -> None:
        log = (self._directory / f"{words[0]}.log").open("ab")
        self._running[words[0]] = subprocess.Popen([*LFD, *words], stdout=log, stderr=log)
        log.close()

    def _wait(self, port: int) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"nothing is ready at port {port}: see {self._directory}")
