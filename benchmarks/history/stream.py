"""An archive of one trust as a file of any length, written as it is made: nothing is held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks.derive.people import number

TRUST = "RT1"
# What an ADT feed is made of, roughly: updates, transfers, admissions, discharges, few deaths.
MIX = {"A08": 50, "A02": 10, "A01": 18, "A03": 19, "A31": 2, "died": 1}
_BEGAN = datetime(2016, 1, 1)
_MINUTES_APART = 0.175
"""Ten years of 30 million messages."""


def write(path: Path, messages: int, people: int, seed: int) -> None:
    """Takes a file, how many messages, how many people they are about (at most 900,000) and a
    seed; writes them in the order of their times."""
    with path.open("wb") as file:
        for message in stream(messages, people, seed):
            file.write(message.encode())


def stream(messages: int, people: int, seed: int) -> Iterator[str]:
    """As `write`; yields the messages."""
    random = Random(seed)  # noqa: S311 - which person a message is about is no secret
    kinds, weights = list(MIX), list(MIX.values())
    for serial in range(messages):
        (kind,) = random.choices(kinds, weights)
        at = _BEGAN + timedelta(minutes=serial * _MINUTES_APART)
        yield _message(random.randrange(people), kind, f"{seed}{serial:09d}", at)


def _message(person: int, kind: str, control_id: str, at: datetime) -> str:
    stamp = f"{at:%Y%m%d%H%M%S}"
    event = "A03" if kind == "died" else kind
    method, destination = ("4", "79") if kind == "died" else ("1", "19")
    leaving = f"{method}|{destination}" if event == "A03" else "|"
    found = number(person)
    nhs = f"{found}^^^NHS^NH~" if found else ""
    admitted = at - timedelta(days=1 + person % 6)
    death = f"{'|' * 21}{stamp[:8]}|Y" if kind == "died" else ""
    segments = [
        f"MSH|^~\\&|PAS|{TRUST}|TIE|ROUTE|{stamp}||ADT^{event}|{control_id}|P|2.4",
        f"EVN||{stamp}",
        f"PID|1||{nhs}M{person}^^^{TRUST}^MR||EXAMPLE^ADA{person}||19500203|2|||"
        f"1 HIGH STREET^^TOWN^^LE1 5WW{death.removeprefix('|||')}",
        "PD1|||PRACTICE^^P81001",
        "NK1|1|EXAMPLE^BYRON|SPO||01632960001",
        f"PV1||I|WARD1^BAY2^BED3|21||||||300|||||||||V{person}-{admitted:%y%j}{'|' * 17}"
        f"{leaving}{'|' * 7}{admitted:%Y%m%d}0900|{stamp if event == 'A03' else ''}",
        f"DG1|1||I10^HYPERTENSION^I10||{stamp}|F",
    ]
    return "\r".join(segments) + "\r"
