"""The whole exchange as a user runs it: `lfd up`, `lfd send`, `lfd token`, and HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from lfd.keys import private_key, public_key
from nhs import addresses
from postgres.embedded import acquire

Resource = dict[str, Any]
LFD = [sys.executable, "-m", "lfd"]
DIRECTORY = """ods,name,type,parent,succeeded_by,succeeded_on
RT1,Trust One,acute,QX1,,
RT2,Trust Two,acute,QX1,,
RM1,Mental Health One,mental-health,QX1,,
P81001,Practice One,gp,QX1,,
QX1,Board One,icb,,,
"""
PATIENCE = 60.0
# Tokens are good for five minutes.
TOKEN_SECONDS = 180.0


def lfd(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs the `lfd` command to its end."""
    done = subprocess.run([*LFD, *words], capture_output=True, text=True, timeout=PATIENCE)
    if check:
        assert done.returncode == 0, done.stderr
    return done


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Exchange:
    """A running `lfd up` on a data directory, and its clients."""

    data: Path
    options: Sequence[str] = ()
    http: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    mllp: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    process: subprocess.Popen[bytes] | None = None
    # With when each was got: a test run outlives a token.
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict[str, tuple[str, float]])

    @property
    def url(self) -> str:
        """Where it serves HTTP."""
        return f"http://{self.http}"

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        log = (self.data.parent / f"{self.data.name}.log").open("ab")
        words = ["up", "--data", str(self.data), "--http", self.http, "--mllp", self.mllp]
        self.process = subprocess.Popen(
            [*LFD, *words, *self.options], stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Waits until /readyz answers 200."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self.process is None or self.process.poll() is None, self.log()
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not ready after {PATIENCE} s:\n{self.log()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stops it; returns its exit code."""
        assert self.process is not None
        os.kill(self.process.pid, how)
        return self.process.wait(PATIENCE)

    def log(self) -> str:
        """All it has printed."""
        return (self.data.parent / f"{self.data.name}.log").read_text()

    def load_directory(self) -> None:
        """Loads the fictional organisations."""
        file = self.data.parent / "organisations.csv"
        file.write_text(DIRECTORY)
        lfd("organisation", "load", str(file), "--data", str(self.data))

    def client(self, organisation: str, role: str) -> httpx.Client:
        """An HTTP client with a token, got as any client gets one."""
        return httpx.Client(
            base_url=f"{self.url}/fhir",
            headers={"Authorization": f"Bearer {self._token(organisation, role)}"},
            timeout=30,
        )

    def _token(self, organisation: str, role: str) -> str:
        name = f"{role}-{organisation}"
        key = self.data.parent / f"{name}.pem"
        if name not in self._tokens:
            self._add_client(name, organisation, role, key)
        token, got_at = self._tokens.get(name, ("", -TOKEN_SECONDS))
        if time.monotonic() - got_at >= TOKEN_SECONDS:
            said = lfd("token", "--client", name, "--key", str(key), "--url", self.url)
            token = said.stdout.strip()
            self._tokens[name] = token, time.monotonic()
        return token

    def _add_client(self, name: str, organisation: str, role: str, key: Path) -> None:
        public = key.with_suffix(".pub.pem")
        public.write_text(public_key(private_key(key)))
        who = ["--organisation", organisation, "--role", role]
        where = ["--public-key", str(public), "--data", str(self.data)]
        lfd("client", "add", name, *who, *where)

    def send(self, *messages: str) -> list[str]:
        """Sends messages by `lfd send`; returns the MSA segments."""
        file = self.data.parent / "messages.hl7"
        file.write_text("".join(messages), newline="")
        return lfd("send", str(file), "--to", self.mllp, check=False).stdout.split("\n")[:-1]

    def wait_settled(self) -> None:
        """Waits until every message is delivered, not relevant or in quarantine."""
        until = time.monotonic() + PATIENCE
        while self._unsettled():
            assert time.monotonic() < until, "messages are not delivered"
            time.sleep(0.02)

    def _unsettled(self) -> int:
        query = "SELECT count(*) FROM adapter.inbox WHERE state IN ('received', 'converted')"
        return int(self.rows(query)[0][0])

    def rows(self, query: str) -> list[Any]:
        """Rows of the database, for what no interface shows."""
        with (
            acquire(self.data) as lease,
            psycopg.connect(lease.server.url("lfd")) as connection,
        ):
            return connection.execute(query.encode()).fetchall()

    def search(
        self, organisation: str, role: str, resource_type: str, number: str, **more: str
    ) -> list[Resource]:
        """What a client finds of a person by NHS number."""
        person = f"{addresses.NHS_NUMBER}|{number}"
        with self.client(organisation, role) as client:
            answer = client.get(f"/{resource_type}", params={"patient.identifier": person, **more})
        assert answer.status_code == 200, answer.text
        return [entry["resource"] for entry in answer.json().get("entry", [])]
