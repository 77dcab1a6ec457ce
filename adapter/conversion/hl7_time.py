"""HL7 times (TS, DTM) as FHIR dates: as precise as they are written, and on London's clock."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from adapter.conversion.wall_clock import offset_at
from nhs.london_time import WallClock

_TIME = re.compile(
    r"(?P<year>\d{4})-?(?P<month>\d\d)?-?(?P<day>\d\d)?"
    r"(?:[T ]?(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:\.(?P<part>\d+))?)?)?)?"
    r"(?P<offset>[+-]\d\d(?::?\d\d)?|Z)?\+?"
)
_CERTAIN = WallClock.CERTAIN
_PLAIN = {8, 12, 14}
_ISSUES = {
    WallClock.CERTAIN: "",
    WallClock.AMBIGUOUS: "time-ambiguous",
    WallClock.NONEXISTENT: "time-nonexistent",
}


class Hl7Time(NamedTuple):
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
    if len(text) in _PLAIN and text.isascii() and text.isdigit():
        try:
            return _plain(text, zone)
        except ValueError:
            pass  # a month of 00, an hour of 24: the long way knows
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return UNREADABLE
    known = _date(match)
    if not known or match["hour"] is None or match["minute"] is None or len(known) < 10:
        return Hl7Time(known, "" if known else UNREADABLE.issue)
    return _moment(match, known, zone)


def _plain(text: str, zone: ZoneInfo) -> Hl7Time:
    """YYYYMMDD, or that with HHMM or HHMMSS, which is what nearly every sender writes."""
    day = f"{text[:4]}-{text[4:6]}-{text[6:8]}"
    if len(text) == 8:
        date.fromisoformat(day)
        return Hl7Time(day)
    clock = f"{day}T{text[8:10]}:{text[10:12]}:{text[12:] or '00'}"
    offset, certainty = offset_at(datetime.fromisoformat(clock), clock, zone)
    issue = "" if certainty is _CERTAIN else _ISSUES[certainty]
    return Hl7Time(clock + offset, issue, is_full=True)


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


def _offset(text: str) -> str:
    digits = text[1:].replace(":", "").ljust(4, "0")
    if text == "Z":
        return "+00:00"
    hours, minutes = int(digits[:2]), int(digits[2:])
    return f"{text[0]}{hours:02}:{minutes:02}" if hours <= 14 and minutes < 60 else "+00:00"
