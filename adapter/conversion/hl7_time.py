"""HL7 times (TS, DTM) as FHIR dates: as precise as they are written, and on London's clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from adapter.conversion.wall_clock import offset_at, offset_of_day
from nhs.london_time import WallClock

_TIME = re.compile(
    r"(?P<year>\d{4})-?(?P<month>\d\d)?-?(?P<day>\d\d)?"
    r"(?:[T ]?(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:\.(?P<part>\d+))?)?)?)?"
    r"(?P<offset>[+-]\d\d(?::?\d\d)?|Z)?\+?"
)
_PLAIN = {8, 12, 14}
_SIGNS = {"+", "-"}
_ISSUES = {
    WallClock.CERTAIN: "",
    WallClock.AMBIGUOUS: "time-ambiguous",
    WallClock.NONEXISTENT: "time-nonexistent",
}


@dataclass(slots=True)
class Hl7Time:
    """A time as FHIR text: '' where it cannot be read. `issue` is a data-quality code or ''.

    `date` is its date part; `is_full` is True where it is a FHIR instant.
    """

    text: str
    issue: str = ""
    is_full: bool = False

    @property
    def date(self) -> str:
        """The date part, as precise as it is known."""
        return self.text[:10]


UNREADABLE = Hl7Time("", "date-unreadable")


def read_time(text: str, zone: ZoneInfo) -> Hl7Time:
    """Takes the text of a TS or DTM; returns it for FHIR.

    A month or day of 00 is one that is not known. An hour without minutes is left out, because FHIR
    has no such precision. Of a date with an impossible time, the date is kept.
    """
    digits, own = text, ""
    if text[-5:-4] in _SIGNS:
        digits, own = text[:-5], text[-5:]
    if len(digits) in _PLAIN and (digits + own[1:]).isdigit() and text.isascii():
        try:
            return _plain(digits, own, zone)
        except ValueError:
            pass  # a month of 00, an hour of 24: the long way knows
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return UNREADABLE
    known = _date(match)
    if not known or match["hour"] is None or match["minute"] is None or len(known) < 10:
        return Hl7Time(known, "" if known else UNREADABLE.issue)
    return _moment(match, known, zone)


def _plain(text: str, own: str, zone: ZoneInfo) -> Hl7Time:
    """YYYYMMDD, or that with HHMM or HHMMSS, which is what nearly every sender writes, and the
    offset +HHMM that it comes with."""
    day, offset = _day(text[:8], zone)
    if len(text) == 8:
        return Hl7Time(day)
    hour, minute, second = text[8:10], text[10:12], text[12:] or "00"
    clock = f"{day}T{hour}:{minute}:{second}"
    if own:
        offset = _offset(own)
    if offset and hour < "24" and minute < "60" and second < "60":
        return Hl7Time(clock + offset, "", True)
    offset, certainty = offset_at(datetime.fromisoformat(clock), clock, zone)
    return Hl7Time(clock + offset, _ISSUES[certainty], is_full=True)


@lru_cache(maxsize=8192)
def _day(text: str, zone: ZoneInfo) -> tuple[str, str]:
    """Takes YYYYMMDD; returns the FHIR date and its `offset_of_day`. ValueError if it is none."""
    day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    return day.isoformat(), offset_of_day(day, zone)


def _date(match: re.Match[str]) -> str:
    """YYYY, YYYY-MM or YYYY-MM-DD; '' where there is no such date."""
    year, month, day = match["year"], match["month"] or "00", match["day"] or "00"
    try:
        date(int(year), int(month) or 1, int(day) or 1)
    except ValueError:
        return ""
    if month == "00":
        return year
    return f"{year}-{month}" if day == "00" else f"{year}-{month}-{day}"


def _moment(match: re.Match[str], known: str, zone: ZoneInfo) -> Hl7Time:
    clock = f"{known}T{match['hour']}:{match['minute']}:{match['second'] or '00'}"
    try:
        wall = datetime.fromisoformat(clock)
    except ValueError:
        return Hl7Time(known, UNREADABLE.issue)
    issue = ""
    if match["offset"]:
        offset = _offset(match["offset"])
    else:
        offset, certainty = offset_at(wall, clock, zone)
        issue = _ISSUES[certainty]
    fraction = f".{match['part']}" if match["part"] else ""
    return Hl7Time(f"{clock}{fraction}{offset}", issue, is_full=True)


@lru_cache(maxsize=256)
def _offset(text: str) -> str:
    digits = text[1:].replace(":", "").ljust(4, "0")
    if text == "Z":
        return "+00:00"
    hours, minutes = int(digits[:2]), int(digits[2:])
    return f"{text[0]}{hours:02}:{minutes:02}" if hours <= 14 and minutes < 60 else "+00:00"
