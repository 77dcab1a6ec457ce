"""Over a big sample the shares are those that the rates state."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from simulation.conditions import AUTISM, LEARNING_DISABILITY, SEVERE_MENTAL_ILLNESS
from simulation.dice import Dice
from simulation.life import Fate, Place
from simulation.organisations import area
from simulation.people import People
from simulation.plan import founding_cohort, plan
from simulation.rates import ELECTIVE_OF_DEATHS, ELECTIVE_OF_SPELLS, NATIONAL
from simulation.simulate import simulate

PEOPLE = 60_000
START = date(2024, 1, 1)


@pytest.fixture(scope="module")
def fates() -> Counter[Fate]:
    everybody_dies = replace(NATIONAL, care=replace(NATIONAL.care, deaths_a_year=1.0))
    return Counter(plan(3, 3, 10, PEOPLE, 1, START, everybody_dies).fates)


def test_deaths_in_scope_are_73_in_100_in_hospital(fates: Counter[Fate]) -> None:
    in_scope = fates[Fate.IN_HOSPITAL] + fates[Fate.AFTER_DISCHARGE]
    assert fates[Fate.IN_HOSPITAL] / in_scope == pytest.approx(0.73, abs=0.01)
    assert in_scope / PEOPLE == pytest.approx(290_000 / 531_954, abs=0.01)


def test_one_in_a_hundred_dies_a_year() -> None:
    made = plan(4, 3, 10, PEOPLE, 2, START, NATIONAL).fates
    dead = sum(fate is not Fate.SURVIVES for fate in made)
    assert dead / PEOPLE / 2 == pytest.approx(531_954 / 57_700_000, rel=0.1)


def test_elective_shares_follow_from_crude_mortality() -> None:
    all_spells = 0.6 * ELECTIVE_OF_SPELLS + 3.8 * (1 - ELECTIVE_OF_SPELLS)
    assert all_spells == pytest.approx(100 * 290_000 / 9_400_000)
    assert pytest.approx(0.042, abs=0.005) == ELECTIVE_OF_DEATHS


def test_flags_are_as_frequent_as_on_registers() -> None:
    people, dice = People(1, area(2, 5), NATIONAL.people), Dice("flags")
    counted = Counter(
        flag for _ in range(PEOPLE) for flag in people.adult(dice, date(2025, 1, 1)).flags
    )
    assert counted[LEARNING_DISABILITY] / PEOPLE == pytest.approx(0.0072, abs=0.0015)
    assert counted[SEVERE_MENTAL_ILLNESS] / PEOPLE == pytest.approx(0.0095, abs=0.0015)
    assert counted[AUTISM] / PEOPLE == pytest.approx(0.01, abs=0.0015)


@pytest.mark.parametrize("month", [date(2026, 1, 1), date(2024, 2, 1), date(2025, 12, 1)])
def test_the_founding_cohort_is_as_its_board_counted_it(month: date) -> None:
    made = simulate(founding_cohort(30, month), 2)
    places = Counter(truth.happened.place for truth in made.truths)
    assert (places[Place.IN_HOSPITAL], places[Place.AFTER_DISCHARGE]) == (288, 112)
    died = {t.died[:7] for t in made.truths if t.happened.place is not Place.OUT_OF_SCOPE}
    assert died == {f"{month:%Y-%m}"}
    leads = {lead for truth in made.truths for lead in truth.happened.leads}
    assert {"ZA1", "ZC1"} <= leads
