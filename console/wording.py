"""Dates, times and numbers as people read them."""

from __future__ import annotations

from datetime import date, datetime

from nhs.london_time import LONDON
from nhs.partial_date import PartialDate


def day(text: str | date | None) -> str:
    """Takes a FHIR date or dateTime, as far as it is known; returns the day (or month, or year) in
    London: 9 March 2026. Empty for None."""
    if text is None:
        return ""
    return PartialDate.parse(str(text)).spoken


def moment(text: str | datetime | None) -> str:
    """Takes a FHIR instant; returns it in London: 9 March 2026, 10:15. Empty for None."""
    if text is None:
        return ""
    at = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    there = at.astimezone(LONDON)
    return f"{there.day} {there:%B %Y, %H:%M}"


def spaced(number: str) -> str:
    """Takes an NHS number; returns it as it is read out: 999 000 0018."""
    return f"{number[:3]} {number[3:6]} {number[6:]}"


def days(count: int) -> str:
    """Takes a number of days; returns it with its noun."""
    return f"{count} day{'' if count == 1 else 's'}"
