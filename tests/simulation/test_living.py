"""Lives come out as their fate says, and could have happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nhs.london_time import WallClock, localise
from simulation.dice import Dice
from simulation.life import Fate, Life, Place
from simulation.living import Living
from simulation.organisations import area
from simulation.people import People
from simulation.rates import DENSE, NATIONAL

SEEDS = st.integers(0, 10**9)
START, DIED = datetime(2024, 1, 1), datetime(2025, 3, 30)
AREA = area(3, 4)


def lived(seed: int, fate: Fate) -> Life:
    dice = Dice(str(seed))
    rates = DENSE if seed % 2 else NATIONAL
    died = dice.moment(DIED + timedelta(days=dice.between(0, 300)))
    who = People(seed, AREA, rates.people).adult(dice, died.date())
    return Living(AREA, rates.care).life(dice, who, fate, START, died)


@given(SEEDS)
def test_who_dies_in_hospital_dies_in_the_last_stay(seed: int) -> None:
    life = lived(seed, Fate.IN_HOSPITAL)
    stay = life.stay_of_death
    assert life.place is Place.IN_HOSPITAL
    assert stay is not None
    assert life.died is not None
    assert stay.admitted < life.died <= stay.left
    assert stay is life.stays[-1]


@given(SEEDS)
def test_who_dies_within_30_days_left_an_inpatient_stay_alive_in_time(seed: int) -> None:
    life = lived(seed, Fate.AFTER_DISCHARGE)
    assert life.place is Place.AFTER_DISCHARGE
    assert life.died is not None
    assert life.stay_of_death is None
    latest = life.left_in_time[0]
    assert latest.left < life.died
    assert 0 <= latest.days_before(life.died) <= 30


@given(SEEDS)
def test_who_is_out_of_scope_left_no_inpatient_stay_in_time(seed: int) -> None:
    life = lived(seed, Fate.LATER)
    assert life.place is Place.OUT_OF_SCOPE
    assert life.died is not None
    inpatient = [stay for stay in life.stays if stay.is_inpatient]
    assert all(stay.days_before(life.died) > 30 for stay in inpatient)


@given(SEEDS)
def test_survivors_do_not_die(seed: int) -> None:
    life = lived(seed, Fate.SURVIVES)
    assert life.died is None
    assert not any(stay.has_died for stay in life.stays)


@given(SEEDS, st.sampled_from(Fate))
@settings(max_examples=300)
def test_nobody_is_in_two_places_at_once(seed: int, fate: Fate) -> None:
    life = lived(seed, fate)
    assert all(stay.admitted < stay.left for stay in life.stays)
    assert all(one.left <= other.admitted for one, other in pairwise(life.stays))


@given(SEEDS, st.sampled_from(Fate))
def test_no_time_is_in_doubt_when_clocks_change(seed: int, fate: Fate) -> None:
    for stay in lived(seed, fate).stays:
        assert localise(stay.admitted)[1] is WallClock.CERTAIN
        assert localise(stay.left)[1] is WallClock.CERTAIN


@pytest.mark.parametrize(("fate", "days"), [(Fate.AFTER_DISCHARGE, 0), (Fate.AFTER_DISCHARGE, 30)])
def test_the_bounds_of_the_rule_occur(fate: Fate, days: int) -> None:
    lives = [lived(seed, fate) for seed in range(300)]
    assert any(one.left_in_time[0].days_before(one.died) == days for one in lives if one.died)


def test_the_first_day_outside_the_rule_occurs() -> None:
    lives = [lived(seed, Fate.LATER) for seed in range(300)]
    days = {
        stay.days_before(life.died)
        for life in lives
        for stay in life.stays
        if stay.is_inpatient and life.died
    }
    assert min(days) == 31
