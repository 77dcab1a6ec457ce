"""A sender is silent by its own rhythm: what came in the same hours of the weeks before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapter.rhythm import HOUR, LONGEST, WEEKS, Rhythm, rhythm

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
moments = st.integers(0, 8 * 7 * 24 * 60).map(lambda n: MONDAY + timedelta(minutes=n))


def office_hours(start: datetime, weeks: int) -> dict[datetime, int]:
    """Ten messages in each hour from nine to five, Monday to Friday, as London's clocks show it in
    winter."""
    days = (start + timedelta(days=n) for n in range(weeks * 7))
    return {day + HOUR * hour: 10 for day in days if day.weekday() < 5 for hour in range(9, 17)}


def test_a_pause_in_busy_hours_is_noticed_and_one_at_night_is_not() -> None:
    by_hour = office_hours(MONDAY, 8)
    friday = MONDAY + timedelta(days=7 * 8 - 3)
    last = friday + timedelta(hours=16, minutes=59)
    sunday = rhythm(by_hour, MONDAY, last, friday + timedelta(days=2, hours=20))
    assert sunday.before == (0,) * 7  # the week before the first is not known
    assert sunday.is_known
    assert not sunday.is_silent
    monday = rhythm(by_hour, MONDAY, last, friday + timedelta(days=3, hours=11))
    assert monday.before == (20,) * 7
    assert monday.is_silent


def test_with_one_week_of_history_nothing_is_said() -> None:
    by_hour = office_hours(MONDAY, 1)
    last = MONDAY + timedelta(days=7, hours=9)
    found = rhythm(by_hour, MONDAY, last, last + timedelta(hours=5))
    assert found == Rhythm(last, 4, (40,))
    assert not found.is_known
    assert not found.is_silent


def test_the_same_hours_are_those_of_the_clock_when_the_clocks_change() -> None:
    # Summer time began on 29 March 2026: ten in London is then nine in UTC.
    by_hour = {datetime(2026, 3, day, 10, tzinfo=UTC): 3 for day in (9, 16, 23)}
    last = datetime(2026, 3, 30, 8, 59, tzinfo=UTC)
    found = rhythm(by_hour, datetime(2026, 3, 2, tzinfo=UTC), last, last + timedelta(minutes=70))
    assert (found.hours, found.before) == (1, (3, 3, 3, 0))


@given(moments, moments, st.dictionaries(moments.map(lambda m: m.replace(minute=0)), st.just(1)))
def test_nobody_is_silent_within_the_hour_of_a_message(
    first: datetime, last: datetime, by_hour: dict[datetime, int]
) -> None:
    first, last = min(first, last), max(first, last)
    assert not rhythm(by_hour, first, last, last + timedelta(minutes=59)).is_silent


@given(
    st.integers(1, 200),
    st.integers(0, 200),
    st.dictionaries(moments.map(lambda m: m.replace(minute=0)), st.integers(1, 9), max_size=60),
)
def test_whoever_is_silent_stays_so_until_a_message_comes(
    hours: int, more: int, by_hour: dict[datetime, int]
) -> None:
    last = MONDAY + timedelta(weeks=8)
    early = rhythm(by_hour, MONDAY, last, last + HOUR * (hours + 1))
    late = rhythm(by_hour, MONDAY, last, last + HOUR * (hours + more + 1))
    assert late.is_silent or not early.is_silent


@given(st.integers(0, 2000), st.integers(1, 9))
def test_never_more_than_a_week_of_eight_weeks_is_compared(hours: int, each: int) -> None:
    last = MONDAY + timedelta(weeks=20)
    by_hour = {last - HOUR * n: each for n in range(1, 20 * 168)}
    found = rhythm(by_hour, MONDAY, last, last + HOUR * hours)
    assert found.hours <= LONGEST // HOUR
    assert len(found.before) <= WEEKS
    assert all(count == found.hours * each for count in found.before[1:])


@given(st.integers(0, 500), st.integers(1, 26))
def test_it_is_the_same_in_any_week_of_winter(hours: int, minutes: int) -> None:
    by_hour = office_hours(MONDAY, 6)
    last = MONDAY + timedelta(weeks=5, minutes=minutes)
    week = timedelta(weeks=1)
    shifted = {hour + week: count for hour, count in by_hour.items()}
    here = rhythm(by_hour, MONDAY, last, last + HOUR * hours)
    there = rhythm(shifted, MONDAY + week, last + week, last + week + HOUR * hours)
    assert (here.hours, here.before) == (there.hours, there.before)
