"""Time as England keeps it: HL7 times without an offset are London wall-clock times."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class WallClock(Enum):
    """How a wall-clock time relates to the clock changes of its zone."""

    CERTAIN = "certain"
    AMBIGUOUS = "ambiguous"  # the hour that comes twice in October
    NONEXISTENT = "nonexistent"  # the hour that is left out in March


def localise(wall: datetime, zone: ZoneInfo = LONDON) -> tuple[datetime, WallClock]:
    """Takes a naive wall-clock time; returns it in its zone, and how certain that is.

    An ambiguous time is read as the first of the two; a time that does not exist is read with the
    offset before the change. Both are named, so that nobody guesses in silence.
    """
    first = wall.replace(tzinfo=zone, fold=0)
    second = wall.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first, WallClock.CERTAIN
    exists = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall
    return first, WallClock.AMBIGUOUS if exists else WallClock.NONEXISTENT


def london_date(instant: datetime) -> date:
    """Takes a time with an offset; returns the calendar date in London at that moment."""
    return instant.astimezone(LONDON).date()


def spoken_date(day: date) -> str:
    """Takes a date; returns it as people write it: 9 March 2026."""
    return f"{day.day} {day:%B %Y}"
