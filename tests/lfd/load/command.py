"""Runs `lfd load` as people do, on archives made for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg

from tests.end_to_end.adt import Person, Stay

CSV = "organisation,local_id,died,recorded\n"


def admission(number: int) -> bytes:
    """An admission of a person of its own."""
    person = Person("RT1", "", f"M{number}")
    stay = Stay(f"V{number}", "20160105090000")
    return person.message("A01", "20160105090000", stay=stay).encode()


def start(*words: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "lfd", "load", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def load(*words: str | Path) -> tuple[int, str, str]:
    """Takes the words after `lfd load`; returns the exit code, what it printed, and its errors."""
    with start(*words) as process:
        printed, errors = process.communicate(timeout=90)
        return process.returncode, printed, errors


def control_ids(database: str) -> list[str]:
    """The messages in the inbox, oldest first."""
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT control_id FROM adapter.inbox ORDER BY id").fetchall()
    return [str(control_id) for (control_id,) in found]
