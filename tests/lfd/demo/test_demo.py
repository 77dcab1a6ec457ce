"""`lfd demo` as a person runs it: a real process, what it shows, what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from postgres.directory import DataDirectory
from postgres.locks import open_lock, try_lock
from postgres.processes import running_commands
from tests.console.browsing import Visitor

LFD = Path(sys.executable).with_name("lfd")
LAST_LINE = "Ctrl-C stops everything."
CODE_AND_TOKEN = re.compile(r"Bearer [\w.-]+")

SHOWN = (
    "ZT1 A03  ZT1-0102  Margaret Winslade  Died in hospital",
    "Died in Northmoor Hospitals, in the stay that ended on 9 March 2026.",
    "Northmoor Hospitals said so in message ZT1-0102 (A03).",
    "Case record review: to be screened",
    "Died 12 days after discharge from Northmoor Hospitals on 10 February 2026.",
    "Learning disability: F72 from Southvale General (ZT2), recorded 19 February 2024",
    "Case record review: required. The person had a learning disability.",
    "LeDeR review: required. The person had a learning disability.",
    "Three Vales ICB (ZB1): Three Vales ICB is the integrated care board of the area.",
    "Severe mental illness: F20.0 from Eastdale Partnership (ZM1), recorded 21 January 2026",
    "Southvale General (ZT2): The person died in the care of Southvale General.",
    "Died 31 days after discharge from Southvale General on 9 January 2026: outside the 30 days",
    "Alan Redfearn  NHS number 999 000 0050, no death on record",
    "202  pds-death-notification-2  Ivy Calder  Died, says the national record",
    "Died 6 days after discharge from Northmoor Hospitals on 24 February 2026.",
)


class Running:
    """A demo whose screen has been shown and that waits for Ctrl-C."""

    def __init__(self, process: subprocess.Popen[str], data: Path, text: str) -> None:
        self.process = process
        self.data = data
        self.text = text

    @property
    def port(self) -> str:
        """The port of the registry, as the screen gives it."""
        found = re.search(r"FHIR R4 at http://127\.0\.0\.1:(\d+)/fhir", self.text)
        assert found
        return found[1]

    def line(self, start: str) -> str:
        """The line to paste that begins so."""
        return next(line for line in self.text.splitlines() if line.startswith(start))

    def processes(self) -> list[str]:
        """The command lines of the processes it started that are there."""
        own = (str(self.data), f"127.0.0.1:{self.port} ")
        return [
            command
            for _, command in running_commands()
            if "-m lfd.demo." in command and any(mark in command for mark in own)
        ]


@contextmanager
def running(data: Path) -> Generator[Running]:
    """Takes a data directory; gives a demo on it, killed at the end if it is still there."""
    command = [str(LFD), "demo", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            lines: list[str] = []
            while not lines or LAST_LINE not in lines[-1]:
                lines.append(process.stdout.readline())
                assert lines[-1], "the demo ended: " + "".join(lines)
            yield Running(process, data, "".join(lines))
        finally:
            process.kill()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a demo that ran once."""
    directory = tmp_path_factory.mktemp("demo") / "data"
    first = once(directory)
    assert first.returncode == 0, first.stderr
    (directory / "first-screen.txt").write_text(first.stdout)
    return directory


def once(data: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Takes a data directory and further options; runs the demo there with --once."""
    command = [str(LFD), "demo", "--once", "--data", str(data), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def facts(text: str) -> list[str]:
    """What a screen says, without the token and the addresses, which may differ."""
    plain = CODE_AND_TOKEN.sub("Bearer", text)
    return re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", plain).splitlines()


def test_the_screen_shows_what_came_of_the_story(data: Path) -> None:
    text = (data / "first-screen.txt").read_text()
    assert [expected for expected in SHOWN if expected not in text] == []
    assert text.count("  AA  ") == 14


def test_a_second_run_shows_the_same(data: Path) -> None:
    second = once(data)
    assert second.returncode == 0, second.stderr
    assert facts(second.stdout) == facts((data / "first-screen.txt").read_text())


def test_the_lines_to_paste_work_and_ctrl_c_stops_everything(data: Path) -> None:
    with running(data) as demo:
        assert owners(ask(demo.line("curl "))) == {"ZT1", "ZB1"}
        token = subprocess.check_output(demo.line(os.path.relpath(LFD)), shell=True, text=True)
        fresh = CODE_AND_TOKEN.sub(f"Bearer {token.strip()}", demo.line("curl "))
        assert owners(ask(fresh)) == {"ZT1", "ZB1"}
        with Visitor(httpx.Client(base_url=f"http://127.0.0.1:{demo.port}")) as visitor:
            assert "working for <strong>Northmoor Hospitals" in visitor.sign_in("ZT1").text
        assert len(demo.processes()) == 5
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(20) == 0
        assert demo.processes() == []
        assert stops(data)


def test_nothing_is_left_when_the_demo_is_killed(data: Path) -> None:
    with running(data) as demo:
        demo.process.kill()
        demo.process.wait(10)
        until = time.monotonic() + 20
        while demo.processes() and time.monotonic() < until:
            time.sleep(0.05)
        assert demo.processes() == []
        assert stops(data)


def test_the_picture_stands_alone_and_holds_no_token(data: Path, tmp_path: Path) -> None:
    assert once(data, "--svg", str(tmp_path / "demo.svg")).returncode == 0
    picture = (tmp_path / "demo.svg").read_text()
    assert "@import" not in picture
    assert "url(http" not in picture
    assert "href" not in picture
    found = re.search(r"Bearer&#160;([\w.-]+)", picture)
    assert found
    assert len(found[1]) < 20


def test_what_cannot_be_done_is_told_in_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "keys" / "zt1-adapter.pem").mkdir(parents=True)
    ended = once(data)
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        f"lfd: the key {data / 'keys' / 'zt1-adapter.pem'}: Is a directory"
    ]


def test_a_port_that_is_taken_is_no_hindrance(data: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # somebody else may have it: as good
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
        other = once(data)
    assert other.returncode == 0, other.stderr
    assert "FHIR R4 at http://127.0.0.1:8080/" not in other.stdout


def ask(curl: str) -> dict[str, Any]:
    """Takes the curl line; returns the JSON of its answer, from curl itself where there is one."""
    if shutil.which("curl"):
        return json.loads(subprocess.check_output(curl, shell=True))
    *_, header, address = shlex.split(curl)
    name, value = header.split(": ", 1)
    return httpx.get(address, headers={name: value}).json()


def owners(bundle: dict[str, Any]) -> set[str]:
    """The ODS codes of the organisations included in a searchset."""
    resources = [entry["resource"] for entry in bundle["entry"]]
    return {r["id"] for r in resources if r["resourceType"] == "Organization"}


def stops(data: Path) -> bool:
    """True if the embedded server of the directory stops, within a while."""
    lock = open_lock(DataDirectory(data.resolve()).keeper)
    try:
        until = time.monotonic() + 20
        while not try_lock(lock) and time.monotonic() < until:
            time.sleep(0.05)
        return try_lock(lock)
    finally:
        os.close(lock)
