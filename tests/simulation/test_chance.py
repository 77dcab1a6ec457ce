"""Chance is repeatable and keeps to its bounds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nhs.london_time import WallClock, localise
from simulation.dice import Dice

SEEDS = st.integers(0, 2**32).map(str)


@given(SEEDS, st.integers(-5, 5), st.integers(0, 9))
def test_numbers_lie_between_their_bounds(seed: str, least: int, width: int) -> None:
    drawn = [Dice(seed).between(least, least + width) for _ in range(20)]
    assert set(drawn) <= set(range(least, least + width + 1))


def test_both_bounds_are_reached() -> None:
    dice = Dice("bounds")
    assert {dice.between(0, 3) for _ in range(200)} == {0, 1, 2, 3}


@given(SEEDS)
def test_the_same_seed_gives_the_same(seed: str) -> None:
    one, other = Dice(seed), Dice(seed)
    assert one.shuffled(range(30)) == other.shuffled(range(30))
    assert one.delay(timedelta(hours=5)) == other.delay(timedelta(hours=5))


@given(SEEDS)
def test_shuffling_keeps_everything(seed: str) -> None:
    assert sorted(Dice(seed).shuffled(range(50))) == list(range(50))


@given(SEEDS)
def test_what_weighs_nothing_is_never_chosen(seed: str) -> None:
    assert Dice(seed).weighted({"never": 0.0, "always": 1.0}) == "always"


@pytest.mark.parametrize("mean", [0.2, 1.5, 4.0])
def test_counts_have_their_mean(mean: float) -> None:
    dice = Dice(f"{mean}")
    counts = [dice.count(mean) for _ in range(5000)]
    assert sum(counts) / len(counts) == pytest.approx(mean, rel=0.1)


@given(SEEDS, st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_moments_are_never_in_doubt(seed: str, day: datetime) -> None:
    moment = Dice(seed).moment(day)
    assert moment.date() == day.date()
    assert localise(moment)[1] is WallClock.CERTAIN
