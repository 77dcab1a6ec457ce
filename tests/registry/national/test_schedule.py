"""When somebody of the open cohort is read."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nhs.london_time import LONDON, london_date
from registry.core.deaths import claims
from registry.core.spells import spells
from registry.core.statement import NationalStatus, Statement
from registry.national.schedule import (
    DAILY,
    SWEEP,
    Pace,
    first_reading,
    last_left,
    next_reading,
    second_of_day,
)
from tests.registry.core.stating import Nation, Sender

LEFT = date(2026, 3, 1)
NUMBERS = st.integers(0, 10**9).map(lambda n: f"{n:010d}")
NOON = datetime(2026, 3, 1, 12, tzinfo=LONDON)


def left(*statements: Statement) -> date | None:
    return last_left(spells(statements), claims(statements))


def readings(pace: Pace, number: str = "9990000018") -> list[int]:
    """The days after leaving on which somebody is read who is never found dead."""
    at = first_reading(LEFT, number, NOON, pace)
    found: list[int] = []
    while at is not None:
        found.append((london_date(at) - LEFT).days)
        at = next_reading(LEFT, number, at, pace)
    return found


def test_daily_reads_every_day_of_the_thirty_and_then_ever_more_seldom() -> None:
    days = readings(DAILY)
    assert set(range(1, 32)) <= set(days)
    gaps = [later - earlier for earlier, later in pairwise(days)]
    assert gaps == sorted(gaps)
    assert len(days) <= 32 + 8 + 12
    assert days[-1] > 330


def test_a_sweep_asks_a_few_times() -> None:
    assert 8 <= len(readings(SWEEP)) <= 12
    assert any(27 <= day <= 32 for day in readings(SWEEP))


@given(NUMBERS, st.integers(0, 400), st.integers(0, 86_399))
def test_a_reading_is_always_later_at_the_second_of_the_person(
    number: str, days: int, second: int
) -> None:
    after = datetime(2026, 3, 1, tzinfo=LONDON) + timedelta(days=days, seconds=second)
    for at in (
        first_reading(LEFT, number, after, DAILY),
        next_reading(LEFT, number, after, DAILY),
    ):
        if at is None:
            assert days > 366
            continue
        assert at > after
        clock = at.hour * 3600 + at.minute * 60 + at.second
        assert clock == second_of_day(number)


def test_the_seconds_of_the_day_are_spread_evenly() -> None:
    hours = [0] * 24
    for number in range(24_000):
        hours[second_of_day(f"{number:010d}") // 3600] += 1
    assert max(hours) < 1.2 * 1000
    assert min(hours) > 0.8 * 1000


def test_only_who_left_a_hospital_is_asked_about() -> None:
    t1 = Sender()
    assert left() is None
    assert left(t1.admits("2026-02-20")) is None
    assert left(t1.admits("2026-02-20"), t1.discharges("2026-03-01")) == LEFT
    assert left(t1.discharges("2026-03-01"), t1.cancels("A11")) is None


def test_who_is_back_in_hospital_is_asked_about_when_they_leave_again() -> None:
    t1 = Sender()
    again = t1.admits("2026-03-05", visit="V2")
    assert left(t1.discharges("2026-03-01"), again) is None
    out = t1.discharges("2026-03-09", visit="V2")
    assert left(t1.discharges("2026-03-01"), again, out) == date(2026, 3, 9)


def test_after_the_registrars_word_there_is_nothing_to_ask() -> None:
    t1, nation = Sender(), Nation()
    gone = t1.discharges("2026-03-01")
    informal = nation.notifies(NationalStatus.INFORMAL, "2026-03-04")
    formal = nation.notifies(NationalStatus.FORMAL, "2026-03-04")
    assert left(gone, informal) == LEFT
    assert left(gone, informal, formal) is None
