"""Quarters of the financial year, and deaths whose quarter is not certain."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhs.partial_date import PartialDate
from registry.returns.periods import FinancialYear, Quarter, quarters

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        ("2026-04-01", "2026-27-Q1"),
        ("2026-06-30", "2026-27-Q1"),
        ("2026-07-01", "2026-27-Q2"),
        ("2026-12-31", "2026-27-Q3"),
        ("2027-01-01", "2026-27-Q4"),
        ("2027-03-31", "2026-27-Q4"),
        ("1999-12-01", "1999-00-Q3"),
    ],
)
def test_the_quarter_of_a_day(day: str, quarter: str) -> None:
    assert str(Quarter.containing(date.fromisoformat(day))) == quarter


@given(DAYS)
def test_every_day_is_in_one_quarter(day: date) -> None:
    quarter = Quarter.containing(day)
    assert quarter.first_day <= day <= quarter.last_day
    assert Quarter.containing(quarter.last_day + timedelta(days=1)) == quarter.following
    assert quarter.year.first_day <= day <= quarter.year.last_day
    assert Quarter.parse(str(quarter)) == quarter
    assert quarter in quarter.year.quarters


@pytest.mark.parametrize("text", ["2026-27-Q5", "2026-28-Q1", "2026-Q1", "", "2026-27-Q1 "])
def test_what_is_no_quarter_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="2026-27-Q1"):
        Quarter.parse(text)
    with pytest.raises(ValueError, match="1 to 4"):
        Quarter(FinancialYear(2026), 5)


def test_quarters_in_words_and_in_a_row() -> None:
    first = Quarter(FinancialYear(2026), 4)
    assert first.spoken == "quarter 4 of 2026/27 (January to March 2027)"
    assert [str(q) for q in quarters(first, first.following)] == ["2026-27-Q4", "2027-28-Q1"]
    assert list(quarters(first.following, first)) == []


@pytest.mark.parametrize(
    ("died", "holds", "may_hold"),
    [
        ("2026-05", True, False),
        ("2026-05-31", True, False),
        ("2026-06-30T23:30:00Z", False, False),  # 1 July in London
        ("2026", False, True),
        ("2025", False, False),
        ("2026-07", False, False),
    ],
)
def test_a_death_is_in_a_quarter_only_with_certainty(
    died: str, holds: bool, may_hold: bool
) -> None:
    quarter = Quarter.parse("2026-27-Q1")
    assert quarter.holds(PartialDate.parse(died)) is holds
    assert quarter.may_hold(PartialDate.parse(died)) is may_hold
