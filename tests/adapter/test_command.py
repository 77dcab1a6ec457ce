"""`lfd adapter` as a process: what it refuses to start with, and certificates that change."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import ECKey

from adapter.acknowledgement import read_answer
from adapter.mllp.client import Client
from lfd.adapter_security import is_loopback
from tests.adapter.certificates import Authority, Pair, client_context
from tests.adapter.http.served import ONLY_TOKENS, SENDERS, sender_file
from tests.end_to_end.exchange import LFD, free_port

Adt = Callable[..., bytes]
HERE = "127.0.0.1"
PATIENCE = 60.0


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ca")


@pytest.fixture
def ours(tmp_path: Path, authority: Authority) -> Pair:
    """Our certificate at a fixed place."""
    pair = authority.server()
    return Pair(
        pair.certificate.rename(tmp_path / "ours.crt"), pair.key.rename(tmp_path / "ours.key")
    )


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """The options that every adapter needs, with a database that is not there."""
    key = tmp_path / "client.pem"
    key.write_text(ECKey.generate_key("P-384").as_pem(private=True).decode())
    nowhere = ["--database", "postgresql://x@127.0.0.1:1/x", "--registry", "http://127.0.0.1:9"]
    return [*nowhere, "--client", "a", "--key", str(key)]


def said(*words: str) -> list[str]:
    """The lines that the command prints before it fails."""
    done = subprocess.run(
        [*LFD, "adapter", *words], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 1, done.stderr
    return done.stderr.splitlines()


def refusal(*words: str) -> str:
    """The one line that the command ends with."""
    last = said(*words)[-1]
    assert last.startswith("lfd: ")
    return last


def options(ours: Pair, authority: Authority, senders: Path | None = None) -> dict[str, list[str]]:
    """Ways to start, by a name."""
    tls = ["--tls-cert", str(ours.certificate), "--tls-key", str(ours.key)]
    mutual = [*tls, "--tls-client-ca", str(authority.file)]
    bound = ["--senders", str(senders)] if senders else []
    return {"nothing": [], "tls": tls, "mutual": mutual, "senders": bound, "tokens": tls + bound}


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("nothing", "without TLS and authentication:"),
        ("tls", "without authentication:"),
        ("senders", "without TLS:"),
    ],
)
def test_http_for_others_is_refused_where_it_is_open(
    words: list[str], tmp_path: Path, ours: Pair, authority: Authority, given: str, missing: str
) -> None:
    chosen = options(ours, authority, sender_file(tmp_path, ONLY_TOKENS))[given]
    open_to_all = [*words, "--http", "0.0.0.0:8080", *chosen]
    line = refusal(*open_to_all)
    assert missing in line
    for way in ("--tls-cert", "--tls-client-ca", "--senders", "--insecure", "127.0.0.1"):
        assert way in line
    # What comes next is the database, which is not there.
    assert "the database cannot be reached" in refusal(*open_to_all, "--insecure")


@pytest.mark.parametrize("given", ["mutual", "tokens"])
def test_http_for_others_is_served_with_tls_and_authentication(
    words: list[str], tmp_path: Path, ours: Pair, authority: Authority, given: str
) -> None:
    chosen = options(ours, authority, sender_file(tmp_path, ONLY_TOKENS))[given]
    line = refusal(*words, "--http", "0.0.0.0:8080", *chosen)
    assert "the database cannot be reached" in line


@pytest.mark.parametrize(
    ("given", "warning"),
    [("nothing", "neither encrypted nor verified"), ("tls", "who sends is not verified")],
)
def test_plain_mllp_for_others_is_warned_of(
    words: list[str], ours: Pair, authority: Authority, given: str, warning: str
) -> None:
    chosen = options(ours, authority)[given]
    first, last = said(*words, "--mllp", "0.0.0.0:2575", *chosen)
    assert "MLLP at 0.0.0.0:2575: " in first
    assert warning in first
    assert "the database cannot be reached" in last
    mutual = options(ours, authority)["mutual"]
    assert len(said(*words, "--mllp", "0.0.0.0:2575", *mutual)) == 1


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--tls-cert", "x"], "belong together"),
        (["--tls-client-ca", "x"], "needs --tls-cert"),
        (["--tls-cert", "/x.crt", "--tls-key", "/x.key"], "/x.crt"),
        (["--senders", "/x.yaml"], "the sender file cannot be used: x.yaml, line 1: expected"),
    ],
)
def test_options_that_cannot_be_used_are_one_line(
    words: list[str], more: list[str], says: str
) -> None:
    assert says in refusal(*words, *more)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("adapter", False), ("", False)],
)  # fmt: skip
def test_what_only_this_machine_can_reach(host: str, loopback: bool) -> None:
    assert is_loopback(host) == loopback


class Running:
    """A running `lfd adapter` with mutual TLS."""

    def __init__(self, log: Path, http: int, mllp: int, process: subprocess.Popen[bytes]) -> None:
        self.log = log
        self.http = http
        self.mllp = mllp
        self.process = process

    def wait(self, holds: Callable[[], bool]) -> None:
        """Waits until something holds."""
        until = time.monotonic() + PATIENCE
        while not holds():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)

    def is_ready(self, tls: ssl.SSLContext) -> bool:
        """Whether /readyz says so over TLS, without a certificate."""
        try:
            with httpx.Client(verify=tls) as client:
                return client.get(f"https://{HERE}:{self.http}/readyz").status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def running(log: Path, words: list[str]) -> Generator[Running]:
    http, mllp = free_port(), free_port()
    where = ["--http", f"{HERE}:{http}", "--mllp", f"{HERE}:{mllp}"]
    with log.open("wb") as out:
        process = subprocess.Popen([*LFD, "adapter", *where, *words], stdout=out, stderr=out)
    try:
        yield Running(log, http, mllp, process)
        process.terminate()
        assert process.wait(PATIENCE) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGHUP")
async def test_mutual_tls_and_certificates_renewed_by_sighup(
    database: str,
    words: list[str],
    tmp_path: Path,
    ours: Pair,
    authority: Authority,
    adt: Adt,
) -> None:
    senders = sender_file(tmp_path, SENDERS)
    chosen = [*words, *options(ours, authority, senders)["mutual"], "--senders", str(senders)]
    chosen[chosen.index("--database") + 1] = database
    next_authority = Authority(tmp_path, "next")
    engine = authority.client("x", dns="engine.example")
    tls = client_context(authority, engine)
    with running(tmp_path / "adapter.log", chosen) as adapter:
        adapter.wait(lambda: adapter.is_ready(client_context(authority)))
        async with Client(HERE, adapter.mllp, tls=tls) as client:
            assert read_answer(await client.send(adt("1"))).code == "AA"
            assert read_answer(await client.send(adt("2", "RXB"))).code == "AR"
        renewed = next_authority.server()
        renewed.certificate.replace(ours.certificate)
        renewed.key.replace(ours.key)
        os.kill(adapter.process.pid, signal.SIGHUP)
        adapter.wait(lambda: adapter.is_ready(client_context(next_authority)))
        async with Client(HERE, adapter.mllp, tls=client_context(next_authority, engine)) as client:
            assert read_answer(await client.send(adt("3"))).code == "AA"
        assert "sender file reloaded" in adapter.log.read_text()
