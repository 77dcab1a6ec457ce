"""Dates that are known only as far as they are known: a year, a month, a day, or a moment."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import total_ordering

from nhs.london_time import LONDON, london_date, spoken_date

_FHIR_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(T.+)?)?)?")


class Precision(Enum):
    """How far a date is known."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    TIME = "time"


@total_ordering
@dataclass(frozen=True, slots=True)
class PartialDate:
    """A FHIR `date` or `dateTime`, kept as written, with the London dates it may mean.

    `text` is the FHIR text; `earliest` and `latest` are London calendar dates, inclusive, and are
    equal when the day is known; `moment` is set when the time of day is known.
    """

    text: str
    precision: Precision
    earliest: date
    latest: date
    moment: datetime | None = None

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Takes FHIR `date` or `dateTime` text; ValueError if it is not one.

        A time without an offset is a London time.
        """
        match = _FHIR_DATE.fullmatch(text)
        if match is None:
            raise ValueError("not a FHIR date or dateTime")
        year, month, day, clock = match.groups()
        if clock is not None:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=LONDON)
            on = london_date(moment)
            return cls(text, Precision.TIME, on, on, moment)
        if day is not None:
            on = date(int(year), int(month), int(day))
            return cls(text, Precision.DAY, on, on)
        if month is not None:
            last = calendar.monthrange(int(year), int(month))[1]
            first = date(int(year), int(month), 1)
            return cls(text, Precision.MONTH, first, first.replace(day=last))
        return cls(text, Precision.YEAR, date(int(year), 1, 1), date(int(year), 12, 31))

    @property
    def spoken(self) -> str:
        """The date as people write it: 9 March 2026, March 2026, 2026."""
        match self.precision:
            case Precision.YEAR:
                return f"{self.earliest:%Y}"
            case Precision.MONTH:
                return f"{self.earliest:%B %Y}"
            case _:
                return spoken_date(self.earliest)

    @property
    def is_day_known(self) -> bool:
        """True when exactly one London date is meant."""
        return self.earliest == self.latest

    def __lt__(self, other: PartialDate) -> bool:
        return self._order() < other._order()

    def __str__(self) -> str:
        return self.text

    def _order(self) -> tuple[date, datetime, date, str]:
        start = self.moment or datetime.combine(self.earliest, datetime.min.time(), LONDON)
        return (self.earliest, start.astimezone(UTC), self.latest, self.text)
