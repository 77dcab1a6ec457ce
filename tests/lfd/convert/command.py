"""Runs `lfd convert` as people do, and makes archives for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.adapter.conversion.messages import adt, pid, pv1


def messages(count: int) -> Iterator[bytes]:
    """So many discharges of different people."""
    for number in range(count):
        person = pid({3: f"M{number}^^^RT1^MR"})
        yield adt("A03", person, pv1({19: f"V{number}"}), msh={10: f"C{number}"})


def archive(folder: Path, count: int) -> Path:
    path = folder / "archive.hl7"
    with path.open("wb") as file:
        for message in messages(count):
            file.write(message)
    return path


def start(*arguments: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "lfd", "convert", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def convert(*arguments: str | Path, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    """Takes the arguments; returns the exit code, what was printed, and what was said of errors."""
    with start(*arguments) as process:
        printed, errors = process.communicate(stdin)
        return process.returncode, printed, errors
