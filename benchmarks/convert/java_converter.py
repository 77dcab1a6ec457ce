"""LinuxForHealth's converter in a Java process that answers round by round."""

from __future__ import annotations

import os
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.convert.contestants import Contestant, Missing, Round

PROJECT = Path(__file__).parent / "linuxforhealth"
_OPTIONS = ("-Xmx1g", "-XX:+UseSerialGC")
NAME = "LinuxForHealth's conversion, as JSON"


@contextmanager
def linuxforhealth(messages: Sequence[bytes]) -> Generator[Contestant]:
    """Takes the messages; yields the converter, started. Missing where it cannot be run here."""
    java = _tool("java")
    _build()
    target = PROJECT / "target"
    class_path = os.pathsep.join((str(target / "classes"), str(target / "lib" / "*")))
    with subprocess.Popen(
        [java, *_OPTIONS, "-cp", class_path, "learningfromdeaths.Rounds"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield Contestant(NAME, True, _rounds(process, messages))
        finally:
            process.kill()


def _rounds(process: subprocess.Popen[str], messages: Sequence[bytes]) -> Callable[[], Round]:
    assert process.stdin is not None
    assert process.stdout is not None
    asked, answers = process.stdin, process.stdout
    asked.writelines(f"{b64encode(raw).decode()}\n" for raw in messages)
    asked.write("\n")

    def run() -> Round:
        asked.write("round\n")
        asked.flush()
        nanoseconds, done = answers.readline().split()
        return Round(int(nanoseconds) / 1e9, int(done))

    return run


def _build() -> None:
    maven = _tool("mvn")
    done = subprocess.run(
        [maven, "-B", "-q", "process-classes"], cwd=PROJECT, capture_output=True, check=False
    )
    if done.returncode:
        raise Missing("Maven could not build it: is its repository within reach?")


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not installed")
    return found
