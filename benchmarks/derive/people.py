"""People of the benchmark: their numbers, and the messages a trust sends about them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from random import Random

import orjson

from adapter.conversion import Converter, Refusal, minimise
from mappings import Site
from nhs import nhs_number

TRUSTS = ("RT1", "RT2")

# What an ADT feed is made of, roughly: updates, admissions, discharges, and one death in fifty.
MIX = {"A08": 60, "A01": 18, "A03": 18, "A31": 2, "died": 2}


@lru_cache(maxsize=1)
def _numbers() -> tuple[str, ...]:
    """All valid NHS numbers of the test range: some 909,000."""
    nines = (f"999{rest:06d}" for rest in range(1_000_000))
    digits = ((nine, nhs_number.check_digit(nine)) for nine in nines)
    return tuple(f"{nine}{digit}" for nine, digit in digits if digit is not None)


def valid_number(place: int) -> str:
    """Takes a place from 0 to 900,000; returns the valid NHS number that has it."""
    return _numbers()[place]


def number(serial: int) -> str | None:
    """Takes a serial number from 0 to 999,999; returns a valid NHS number of its own, None for
    every tenth person: some are known by their hospital number only."""
    return None if serial % 10 == 9 else valid_number(serial - serial // 10)


class Feed:
    """Turns messages about people into the Bundles that an adapter delivers."""

    def __init__(self) -> None:
        self._converter = Converter(Site.default())

    def bundle(self, serial: int, kind: str, control_id: str, day: int) -> tuple[str, bytes]:
        """Takes a person's serial number, the kind of message, its control id and a day of
        February 2026; returns the sender and the minimised Bundle as JSON."""
        trust = TRUSTS[serial % len(TRUSTS)]
        raw = _message(serial, kind, trust, control_id, day).encode()
        converted = self._converter.convert(raw)
        assert not isinstance(converted, Refusal)
        assert converted.bundle is not None, "every event of the mix is relevant"
        return trust, orjson.dumps(minimise(converted.bundle))


def mixed(people: int, seed: int, first: int) -> Iterator[tuple[int, str, str, int]]:
    """Takes how many people are held, a seed and the first control id; returns an endless mix of
    messages about them: serial number, kind, control id, day."""
    random = Random(seed)  # noqa: S311 - which person a message is about is no secret
    kinds, weights = list(MIX), list(MIX.values())
    control_id = first
    while True:
        control_id += 1
        (kind,) = random.choices(kinds, weights)
        yield random.randrange(people), kind, str(control_id), random.randint(1, 28)


def _message(serial: int, kind: str, trust: str, control_id: str, day: int) -> str:
    event = "A03" if kind == "died" else kind
    at = f"202602{day:02d}{serial % 24:02d}{int(control_id) % 60:02d}00"
    ended = at if event == "A03" else ""
    method, destination = ("4", "79") if kind == "died" else ("1", "19")
    leaving = f"|{method if ended else ''}|{destination if ended else ''}"
    death = (at[:8], "Y") if kind == "died" else ("", "")
    found = number(serial)
    nhs = f"{found}^^^NHS^NH~" if found else ""
    segments = [
        f"MSH|^~\\&|PAS|{trust}|TIE|ROUTE|{at}||ADT^{event}|{control_id}|P|2.4",
        f"EVN||{at}",
        f"PID|||{nhs}M{serial}^^^{trust}^MR||EXAMPLE^ADA{serial}||19500203|2"
        + "|" * 21
        + f"{death[0]}|{death[1]}",
        "PD1|||PRACTICE^^P81001",
        f"PV1||I|WARD1^BAY2^BED3|21||||||300|||||||||V{serial}"
        + "|" * 16
        + f"{leaving}{'|' * 7}20260201090000|{ended}",
    ]
    return "\r".join(segments) + "\r"
