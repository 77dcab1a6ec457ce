"""When somebody of the open cohort is read next, where no event tells us to.

A death within 30 days of a discharge brings a case about, and is registered days, weeks or, after
an inquest, months later. So people are read often while the 30 days run and ever more seldom after;
each at a second of the day of their own, so that the readings of a day spread over all of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from nhs.london_time import LONDON, london_date
from registry.core.deaths import Claims
from registry.core.spells import Spell

_DAY = timedelta(days=1)
_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Pace:
    """How often: pairs of the last day after the discharge, and the days between two readings up
    to it. After the last pair nobody is read."""

    steps: tuple[tuple[int, int], ...]


# 31: a discharge day that is told a day late still has its thirtieth day within.
DAILY = Pace(((31, 1), (87, 7), (366, 28)))
# Beside a subscription: for events that came before their person was held.
SWEEP = Pace(((31, 14), (87, 28), (366, 90)))


def last_left(stays: list[Spell], claims: Claims) -> date | None:
    """Takes a person's stays and what is claimed of their death; returns the day they last left
    one, None where there is nothing to ask: never left, in hospital now, or the registrar's word is
    there already."""
    if any(claim.is_formal for claim in claims.standing):
        return None
    admitted = [stay for stay in stays if stay.is_admitted]
    left = [stay.discharged.latest for stay in admitted if stay.discharged]
    if not left:
        return None
    last = max(left)
    is_back = any(
        stay.discharged is None and stay.admitted and stay.admitted.earliest > last
        for stay in admitted
    )
    return None if is_back else last


def next_reading(left: date, number: str, after: datetime, pace: Pace) -> datetime | None:
    """Takes the day somebody left, their NHS number, the moment of the last reading (or of having
    come to know them) and the pace; returns when to read them next, None where never again."""
    days = (london_date(after) - left).days
    every = next((between for until, between in pace.steps if days <= until), None)
    if every is None:
        return None
    on = london_date(after) + every * _DAY
    return datetime.combine(on, time.min, LONDON) + timedelta(seconds=second_of_day(number))


def first_reading(left: date, number: str, now: datetime, pace: Pace) -> datetime | None:
    """As `next_reading`, for somebody who was not read yet: within a day, at their second of it."""
    if (london_date(now) - left).days > pace.steps[-1][0]:
        return None
    today = datetime.combine(london_date(now), time.min, LONDON)
    at = today + timedelta(seconds=second_of_day(number))
    return at if at > now else at + _DAY


def second_of_day(number: str) -> int:
    """Takes an NHS number; returns its second of the day: always the same, spread evenly."""
    digest = hashlib.sha256(number.encode()).digest()
    return int.from_bytes(digest[:8]) % _SECONDS
