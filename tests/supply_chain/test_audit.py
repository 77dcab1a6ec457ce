"""requirements/audit.py says what a vulnerability database says, and says so where none answers."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HASH = "0" * 64
WEAK = {
    "id": "EXAMPLE-2026-0001",
    "details": "An example.",
    "affected": [
        {
            "package": {"name": "example-weak", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
        }
    ],
}


@contextmanager
def database(status: int = 200, body: bytes | None = None) -> Generator[str]:
    """A server that answers as OSV does: it knows of one weak package."""

    class Osv(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer: dict[str, Any] = {}
            if asked["package"]["name"] == "example-weak":
                answer = {"vulns": [WEAK]}
            content = json.dumps(answer).encode() if body is None else body
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Osv)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "example.lock"
    path.write_text(f"example-sound==2.0 \\\n    --hash=sha256:{HASH}\n")
    return path


def audit(lock: Path, url: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(ROOT / "requirements/audit.py"), str(lock), "--osv-url", url]
    return subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)


def test_none_known(lock: Path) -> None:
    with database() as url:
        done = audit(lock, url)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "1 packages checked, 0 known vulnerabilities\n"


def test_some_known(lock: Path) -> None:
    with lock.open("a") as more:
        more.write(f"example-weak==1.0 \\\n    --hash=sha256:{HASH}\n")
    with database() as url:
        done = audit(lock, url)
    assert done.returncode == 1, done.stderr
    assert "example-weak 1.0: EXAMPLE-2026-0001 (fixed in 1.1)" in done.stdout
    assert "2 packages checked, 1 known" in done.stdout


def not_checked(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 3, (done.stdout, done.stderr)
    assert done.stderr.startswith("NOT CHECKED")
    assert done.stdout == ""


def test_nobody_there(lock: Path) -> None:
    not_checked(audit(lock, "http://127.0.0.1:9/v1/query"))


def test_a_database_that_fails(lock: Path) -> None:
    with database(500, b"{}") as url:
        not_checked(audit(lock, url))


def test_a_proxy_that_answers_for_it(lock: Path) -> None:
    with database(200, b"<html>Sign in to the network</html>") as url:
        not_checked(audit(lock, url))


def test_a_package_without_hashes_is_not_passed_over(lock: Path) -> None:
    with lock.open("a") as more:
        more.write("example-unpinned==1.0\n")
    with database() as url:
        not_checked(audit(lock, url))
