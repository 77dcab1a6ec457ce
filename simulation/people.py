"""The people of a synthetic area: NHS numbers of the test range, invented names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from nhs import nhs_number
from simulation import names
from simulation.conditions import (
    ADULT_MENTAL_ILLNESS,
    LEARNING_DISABILITY,
    LEARNING_DISABILITY_CARE,
    SEVERE_MENTAL_ILLNESS,
    draw,
)
from simulation.dice import Dice
from simulation.organisations import Area, Organisation
from simulation.rates import PeopleRates

MALE, FEMALE = "1", "2"
ADULT_AGE = 18
SUFFIXES = 1_000_000
STEP = 7_919
"""Without a factor in common with `SUFFIXES`, so that every suffix comes once."""
MOST_PEOPLE = 800_000
"""An eleventh of the test range can carry no check digit; the rest is for those who are mistaken
for somebody."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody; `conditions` are diagnosis codes with the flag each truly is, or ''."""

    number: int
    nhs_number: str
    family: str
    given: str
    sex: str
    born: date
    practice: Organisation
    nearest: Organisation
    conditions: dict[str, str]

    @property
    def flags(self) -> frozenset[str]:
        """What is true of the person, whoever knows it."""
        return frozenset(flag for flag in self.conditions.values() if flag)

    @property
    def own_specialty(self) -> str:
        """The specialty of the mental-health trust that may have had the person as an inpatient, ''
        where there is none."""
        if SEVERE_MENTAL_ILLNESS in self.flags:
            return ADULT_MENTAL_ILLNESS
        return LEARNING_DISABILITY_CARE if LEARNING_DISABILITY in self.flags else ""

    def is_adult(self, on: date) -> bool:
        """Takes a date; True if the person was 18 or older on it."""
        before_birthday = (on.month, on.day) < (self.born.month, self.born.day)
        return on.year - self.born.year - before_birthday >= ADULT_AGE


def nhs_numbers(seed: int) -> Iterator[str]:
    """Takes a seed; yields the valid NHS numbers of the test range (999), each once."""
    for n in range(SUFFIXES):
        nine = f"{nhs_number.TEST_PREFIX}{(seed * 104_729 + n * STEP) % SUFFIXES:06}"
        check = nhs_number.check_digit(nine)
        if check is not None and nhs_number.is_valid(f"{nine}{check}"):
            yield f"{nine}{check}"


class People:
    """Makes people, each with a number of their own."""

    def __init__(self, seed: int, area: Area, rates: PeopleRates) -> None:
        """Takes the seed, where they live, and how often they have which condition."""
        self._numbers = enumerate(nhs_numbers(seed), 1)
        self._area = area
        self._rates = rates

    def adult(self, dice: Dice, on: date) -> Person:
        """Takes a date; returns somebody who is well past 18 on it: for most, the last of it."""
        age = dice.weighted({dice.between(20, 64): 0.2, dice.between(65, 98): 0.8})
        return self._person(dice, _born(dice, on, age), draw(dice, self._rates))

    def child(self, dice: Dice, on: date) -> Person:
        """Takes a date; returns somebody of 1 to 15 on it."""
        return self._person(dice, _born(dice, on, dice.between(1, 15)), draw(dice, self._rates))

    def baby(self, dice: Dice, born: date) -> Person:
        """Takes a date of birth; returns the baby."""
        return self._person(dice, born, {})

    def _person(self, dice: Dice, born: date, conditions: dict[str, str]) -> Person:
        number, nhs = next(self._numbers)
        sex = dice.one_of((MALE, FEMALE))
        return Person(
            number=number,
            nhs_number=nhs,
            family=dice.one_of(names.FAMILY),
            given=dice.one_of(names.GIVEN_MALE if sex == MALE else names.GIVEN_FEMALE),
            sex=sex,
            born=born,
            practice=dice.one_of(self._area.practices),
            nearest=dice.one_of(self._area.acute),
            conditions=conditions,
        )


def _born(dice: Dice, on: date, age: int) -> date:
    first_of_month = date(on.year - age, on.month, 1)
    return first_of_month - timedelta(days=dice.between(30, 330))
