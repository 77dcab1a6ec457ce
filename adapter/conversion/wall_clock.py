"""The offset of a zone at a wall-clock time, read from a table of the year's clock changes.

It says what nhs.london_time.localise says, for a fraction of the cost: every message has several
times, and zoneinfo has to be asked four questions for each.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from nhs.london_time import WallClock, localise

State = tuple[str, WallClock]
"""An offset as FHIR writes it, and how certain it is."""

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


def offset_at(wall: datetime, text: str, zone: ZoneInfo) -> State:
    """Takes a naive wall-clock time and its ISO text; returns its offset in that zone."""
    if not 1900 <= wall.year <= 2100:
        return _state(wall, zone)
    starts, states = _year(wall.year, zone)
    return states[bisect_right(starts, text) - 1]


def offset_of_day(day: date, zone: ZoneInfo) -> str:
    """Takes a date; returns the certain offset of all its times in that zone, '' where they have
    not the same."""
    if not 1900 <= day.year <= 2100:
        return ""
    starts, states = _year(day.year, zone)
    first, last = (bisect_right(starts, f"{day.isoformat()}T{at}") for at in ("00:00:00", "24"))
    offset, certainty = states[first - 1]
    return offset if first == last and certainty is WallClock.CERTAIN else ""


def format_offset(offset: timedelta) -> str:
    """Takes an offset from UTC; returns it as FHIR writes it, +01:00."""
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


@lru_cache(maxsize=512)
def _year(year: int, zone: ZoneInfo) -> tuple[list[str], list[State]]:
    """The texts of the times from which each state holds, and the states. ISO texts of one shape
    sort as their times do."""
    day = datetime(year, 1, 1)
    starts, states = [day.isoformat()], [_state(day, zone)]
    while day.year == year:
        for change in _changes(day, day + _DAY, zone):
            starts.append(change.isoformat())
            states.append(_state(change, zone))
        day += _DAY
    return starts, states


def _changes(first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The seconds after `first` and up to `last` at which the state becomes another."""
    if _state(first, zone) == _state(last, zone):
        return
    if last - first == _SECOND:
        yield last
        return
    middle = first + (last - first) // 2
    middle = middle.replace(microsecond=0)
    yield from _changes(first, middle, zone)
    yield from _changes(middle, last, zone)


def _state(wall: datetime, zone: ZoneInfo) -> State:
    local, certainty = localise(wall, zone)
    return format_offset(local.utcoffset() or timedelta()), certainty
