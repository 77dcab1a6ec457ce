"""Quarters and years of the NHS: the financial year runs from April to March."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

FIRST_MONTH = 4
QUARTERS = (1, 2, 3, 4)
_YEAR_TEXT = re.compile(r"(\d{4})-(\d\d)")
_TEXT = re.compile(r"(\d{4})-(\d\d)-Q([1-4])")


class Days(Protocol):
    """A first and a last day, both included."""

    @property
    def earliest(self) -> date:
        """The first."""
        ...

    @property
    def latest(self) -> date:
        """The last."""
        ...


@dataclass(frozen=True, slots=True, order=True)
class FinancialYear:
    """April of `starts` to March of the year after."""

    starts: int

    @classmethod
    def parse(cls, text: str) -> FinancialYear:
        """Takes text such as `2026-27`; ValueError if it is not a financial year."""
        match = _YEAR_TEXT.fullmatch(text)
        if match is None or (int(match[1]) + 1) % 100 != int(match[2]) or match[1] == "0000":
            raise ValueError("expected a financial year, such as 2026-27")
        return cls(int(match[1]))

    @property
    def code(self) -> str:
        """As addresses have it: 2026-27."""
        return f"{self.starts}-{(self.starts + 1) % 100:02}"

    @property
    def first_day(self) -> date:
        """1 April."""
        return date(self.starts, FIRST_MONTH, 1)

    @property
    def last_day(self) -> date:
        """31 March of the year after."""
        return date(self.starts + 1, FIRST_MONTH, 1) - timedelta(days=1)

    @property
    def previous(self) -> FinancialYear:
        """The year before."""
        return FinancialYear(self.starts - 1)

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """The four quarters, in order."""
        return tuple(Quarter(self, number) for number in QUARTERS)

    def __str__(self) -> str:
        return f"{self.starts}/{(self.starts + 1) % 100:02}"


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months of a financial year: 1 is April to June."""

    year: FinancialYear
    number: int

    def __post_init__(self) -> None:
        if self.number not in QUARTERS:
            raise ValueError(f"a quarter is 1 to 4, not {self.number}")

    @classmethod
    def containing(cls, day: date) -> Quarter:
        """Takes a date in London; returns its quarter."""
        months = day.year * 12 + day.month - FIRST_MONTH
        return cls(FinancialYear(months // 12), months % 12 // 3 + 1)

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Takes text such as `2026-27-Q1`; ValueError if it is not a quarter."""
        match = _TEXT.fullmatch(text)
        if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
            raise ValueError("expected a financial year and a quarter, such as 2026-27-Q1")
        return cls(FinancialYear(int(match[1])), int(match[3]))

    @property
    def first_day(self) -> date:
        """The first day."""
        months = FIRST_MONTH - 1 + 3 * (self.number - 1)
        return date(self.year.starts + months // 12, months % 12 + 1, 1)

    @property
    def last_day(self) -> date:
        """The last day."""
        return self.following.first_day - timedelta(days=1)

    @property
    def following(self) -> Quarter:
        """The quarter after."""
        if self.number == QUARTERS[-1]:
            return Quarter(FinancialYear(self.year.starts + 1), 1)
        return Quarter(self.year, self.number + 1)

    @property
    def preceding(self) -> Quarter:
        """The quarter before."""
        if self.number == QUARTERS[0]:
            return Quarter(self.year.previous, QUARTERS[-1])
        return Quarter(self.year, self.number - 1)

    @property
    def spoken(self) -> str:
        """As people write it: quarter 1 of 2026/27 (April to June 2026)."""
        months = f"{self.first_day:%B} to {self.last_day:%B %Y}"
        return f"quarter {self.number} of {self.year} ({months})"

    def holds(self, died: Days) -> bool:
        """Takes a date of death; True where every day that it may mean is in the quarter."""
        return self.first_day <= died.earliest and died.latest <= self.last_day

    def may_hold(self, died: Days) -> bool:
        """Takes a date of death; True where some but not every day that it may mean is in the
        quarter."""
        overlaps = died.earliest <= self.last_day and self.first_day <= died.latest
        return overlaps and not self.holds(died)

    def __str__(self) -> str:
        return f"{self.year.starts}-{(self.year.starts + 1) % 100:02}-Q{self.number}"


def quarters(first: Quarter, last: Quarter) -> Iterator[Quarter]:
    """Takes two quarters; returns them and all between, in order; none where last is earlier."""
    quarter = first
    while quarter <= last:
        yield quarter
        quarter = quarter.following
