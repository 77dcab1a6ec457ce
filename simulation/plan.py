"""What to simulate: an area, a time, and what becomes of how many people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from simulation.dice import Dice
from simulation.life import Fate
from simulation.organisations import Area, area
from simulation.people import MOST_PEOPLE
from simulation.rates import (
    LEICESTER_DEATHS_A_MONTH,
    LEICESTER_IN_HOSPITAL,
    NATIONAL,
    Rates,
)

DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Plan:
    """`fates` are of all people; deaths fall between `deaths_from` and `until`, both included, and
    stays begin on `start` or, for the first deaths, shortly before."""

    area: Area
    rates: Rates
    start: date
    deaths_from: date
    until: date
    fates: tuple[Fate, ...]

    def deaths(self, dice: Dice) -> Iterator[tuple[Fate, datetime]]:
        """Yields each person's fate, with when they die or until when they are looked at."""
        first, days = datetime.combine(self.deaths_from, time()), self.until - self.deaths_from
        for fate in dice.shuffled(self.fates):
            day = first + timedelta(days=dice.between(0, days.days))
            if fate is Fate.SURVIVES:
                yield fate, datetime.combine(self.until, time(12))
            else:
                yield fate, dice.moment(day)


def plan(
    seed: int, trusts: int, practices: int, people: int, years: int, start: date, rates: Rates
) -> Plan:
    """Takes the size of an area, the years from `start`, and the rates; returns what to simulate.
    ValueError for sizes that cannot be."""
    if people > MOST_PEOPLE:
        raise ValueError(f"there are NHS numbers for {MOST_PEOPLE} invented people")
    dice = Dice(f"{seed} fates")
    share = min(rates.care.deaths_a_year * years, 1)
    return Plan(
        area=area(trusts, practices),
        rates=rates,
        start=start,
        deaths_from=start + timedelta(days=60),
        until=start + timedelta(days=round(DAYS_A_YEAR * years) - 1),
        fates=tuple(_fate(dice, rates, share) for _ in range(people)),
    )


def founding_cohort(practices: int, month: date) -> Plan:
    """Takes how many practices there are and the first day of a month; returns the plan of the
    month's deaths at an acute trust as its Trust Board counted them: 400, of which 72 % in hospital
    and 28 % within 30 days of discharge, with a community trust and primary care."""
    in_hospital = round(LEICESTER_DEATHS_A_MONTH * LEICESTER_IN_HOSPITAL)
    after = LEICESTER_DEATHS_A_MONTH - in_hospital
    last = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return Plan(
        area=area(1, practices),
        rates=NATIONAL,
        start=month - timedelta(days=365),
        deaths_from=month,
        until=last,
        fates=(Fate.IN_HOSPITAL,) * in_hospital + (Fate.AFTER_DISCHARGE,) * after,
    )


def _fate(dice: Dice, rates: Rates, share_who_die: float) -> Fate:
    if not dice.happens(share_who_die):
        return Fate.SURVIVES
    if dice.happens(rates.people.stillbirths_of_deaths):
        return Fate.STILLBORN
    if not dice.happens(rates.care.in_scope):
        return Fate.LATER
    return Fate.IN_HOSPITAL if dice.happens(rates.care.in_hospital) else Fate.AFTER_DISCHARGE
