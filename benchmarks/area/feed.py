"""What the trusts of a nation send: for every message about a hospital stay, many about other
contacts, and updates. Every death is of somebody of whom nothing was said before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from benchmarks.derive.people import valid_number

PRACTICES = tuple(f"P{number:05d}" for number in range(81001, 81101))

# Stays in hospital, 5 of 300 at the design load: admissions, discharges, and far more deaths than
# there are, so that there is something to measure.
OF_STAYS = {"A01": 2, "A03": 2, "died": 1}
# The rest, roughly as encounters are: outpatients come, are booked and changed; emergency
# departments; updates of inpatients; persons' details.
OF_OTHERS = {"A04 O": 30, "A05 O": 15, "A08 O": 25, "A04 E": 5, "A08 E": 5, "A08 I": 15, "A31": 5}
_LIVING = 700_000


@dataclass(frozen=True, slots=True)
class Told:
    """A message, and whose death it is (an NHS number) where it is one."""

    raw: bytes
    died: str | None


def feed(trust: str, place: int, stays: float, people: int, seed: int) -> Iterator[Told]:
    """Takes a trust and its place among them, the share of messages about hospital stays, how many
    living people they are about, and a seed; yields its messages for ever, now."""
    random = Random(seed * 1000 + place)  # noqa: S311 - whom a message is about is no secret
    deaths = serials = 0
    while True:
        serials += 1
        mix = OF_STAYS if random.random() < stays else OF_OTHERS
        (kind,) = random.choices(list(mix), list(mix.values()))
        who = random.randrange(people)
        if kind == "died":
            deaths += 1
            who = _LIVING + place * 20_000 + deaths
        raw = _message(trust, kind, who, f"{seed}-{place}-{serials}", datetime.now())
        yield Told(raw.encode(), valid_number(who) if kind == "died" else None)


def _message(trust: str, kind: str, who: int, control_id: str, now: datetime) -> str:
    event, _, patient_class = kind.partition(" ")
    event, died = ("A03", True) if kind == "died" else (event, False)
    at, admitted = f"{now:%Y%m%d%H%M%S}", now - timedelta(days=1 + who % 6)
    ended = at if event == "A03" else ""
    leaving = f"{'4' if died else '1'}|{'79' if died else '19'}" if ended else "|"
    death = f"{'|' * 21}{at[:8]}|Y" if died else ""
    practice = PRACTICES[who % len(PRACTICES)]
    segments = [
        f"MSH|^~\\&|PAS|{trust}|TIE|ROUTE|{at}||ADT^{event}|{control_id}|P|2.4",
        f"EVN||{at}",
        f"PID|1||{valid_number(who)}^^^NHS^NH~M{who}^^^{trust}^MR||EXAMPLE^ADA{who}||19500203|2|||"
        f"1 HIGH STREET^^TOWN^^LE1 5WW{death.removeprefix('|||')}",
        f"PD1|||PRACTICE^^{practice}",
    ]
    if event != "A31":
        segments.append(
            f"PV1||{patient_class or 'I'}|WARD1^BAY2^BED3|21||||||300|||||||||"
            f"V{who}-{patient_class}{admitted:%y%j}{'|' * 17}{leaving}{'|' * 7}"
            f"{admitted:%Y%m%d}0900|{ended}"
        )
    return "\r".join(segments) + "\r"
