"""The table of clock changes says what zoneinfo says."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.conversion.wall_clock import format_offset, offset_at
from nhs.london_time import LONDON, localise

ZONES = [ZoneInfo(name) for name in ("Europe/London", "Europe/Amsterdam", "Australia/Lord_Howe")]
CHANGES = [
    datetime(1968, 2, 18, 2),  # to a summer time that lasted until 1971
    datetime(1947, 4, 13, 2),  # double summer time
    datetime(2026, 3, 29, 1),
    datetime(2026, 10, 25, 1),
]


def check(wall: datetime, zone: ZoneInfo) -> None:
    local, certainty = localise(wall, zone)
    expected = format_offset(local.utcoffset() or timedelta()), certainty
    assert offset_at(wall, wall.isoformat(), zone) == expected


@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda t: t.replace(microsecond=0)),
    st.sampled_from(ZONES),
)
def test_any_second_of_any_year(wall: datetime, zone: ZoneInfo) -> None:
    check(wall, zone)


@given(st.sampled_from(CHANGES), st.integers(-10_000, 10_000))
def test_every_second_around_a_change(change: datetime, seconds: int) -> None:
    check(change + timedelta(seconds=seconds), LONDON)


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("year", [1940, 2026])
def test_the_hours_of_a_year(year: int, zone: ZoneInfo) -> None:
    for hour in range(365 * 24):
        check(datetime(year, 1, 1, 0, 59, 59) + timedelta(hours=hour), zone)
