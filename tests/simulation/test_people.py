"""People: NHS numbers of the test range, ages that are asked for."""

from __future__ import annotations

from datetime import date
from itertools import islice
from math import gcd

from hypothesis import given, settings
from hypothesis import strategies as st

from nhs import nhs_number
from simulation.dice import Dice
from simulation.organisations import area
from simulation.people import MOST_PEOPLE, STEP, SUFFIXES, People, nhs_numbers
from simulation.rates import DENSE

SEEDS = st.integers(0, 10**9)


@given(SEEDS)
@settings(max_examples=20)
def test_nhs_numbers_are_valid_and_of_the_test_range(seed: int) -> None:
    numbers = list(islice(nhs_numbers(seed), 2000))
    assert all(nhs_number.is_valid(n) and nhs_number.is_test(n) for n in numbers)
    assert len(set(numbers)) == len(numbers)


def test_there_are_nhs_numbers_for_as_many_people_as_is_said() -> None:
    assert gcd(STEP, SUFFIXES) == 1  # so that no suffix comes twice
    tried = range(0, SUFFIXES, 20)
    valid = sum(nhs_number.check_digit(f"999{n:06}") is not None for n in tried)
    assert valid / len(tried) > 1.1 * MOST_PEOPLE / SUFFIXES


@given(SEEDS, st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_adults_are_adults_and_children_are_not(seed: int, on: date) -> None:
    people, dice = People(seed, area(2, 3), DENSE.people), Dice(str(seed))
    assert people.adult(dice, on).is_adult(on)
    child = people.child(dice, on)
    assert not child.is_adult(on)
    assert child.born < on


def test_a_person_is_adult_from_the_eighteenth_birthday() -> None:
    people, dice = People(1, area(1, 1), DENSE.people), Dice("birthday")
    baby = people.baby(dice, date(2008, 2, 29))
    assert not baby.is_adult(date(2026, 2, 28))
    assert baby.is_adult(date(2026, 3, 1))
