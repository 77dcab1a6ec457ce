"""HL7 times (TS, DTM) as FHIR dates: as precise as they are written, and on London's clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from nhs.london_time import WallClock, localise

_TIME = re.compile(
    r"(?P<year>\d{4})-?(?P<month>\d\d)?-?(?P<day>\d\d)?"
    r"(?:[T ]?(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:\.(?P<part>\d+))?)?)?)?"
    r"(?P<offset>[+-]\d\d(?::?\d\d)?|Z)?\+?"
)
_ISSUES = {
    WallClock.CERTAIN: "",
    WallClock.AMBIGUOUS: "time-ambiguous",
    WallClock.NONEXISTENT: "time-nonexistent",
}


@dataclass(frozen=True, slots=True)
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
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return UNREADABLE
    known = _date(match)
    if not known or match["hour"] is None or match["minute"] is None or len(known) < 10:
        return Hl7Time(known, "" if known else UNREADABLE.issue)
    return _moment(match, known, zone)


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
    clock = f"{match['hour']}:{match['minute']}:{match['second'] or '00'}"
    try:
        wall = datetime.fromisoformat(f"{known}T{clock}")
    except ValueError:
        return Hl7Time(known, UNREADABLE.issue)
    issue = ""
    if match["offset"]:
        offset = _offset(match["offset"])
    else:
        local, certainty = localise(wall, zone)
        offset = format_offset(local.utcoffset() or timedelta())
        issue = _ISSUES[certainty]
    fraction = f".{match['part']}" if match["part"] else ""
    return Hl7Time(f"{known}T{clock}{fraction}{offset}", issue, is_full=True)


def _offset(text: str) -> str:
    digits = text[1:].replace(":", "").ljust(4, "0")
    if text == "Z":
        return "+00:00"
    hours, minutes = int(digits[:2]), int(digits[2:])
    return f"{text[0]}{hours:02}:{minutes:02}" if hours <= 14 and minutes < 60 else "+00:00"


def format_offset(offset: timedelta) -> str:
    """Takes an offset from UTC; returns it as FHIR writes it, +01:00."""
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
