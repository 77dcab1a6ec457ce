"""Makes lives: stays before a death of a given kind, and those of people who live on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from simulation.dice import Dice
from simulation.life import DAYS_AFTER_DISCHARGE, Fate, Life, Stay
from simulation.organisations import Area, Organisation
from simulation.people import Person
from simulation.rates import CareRates

DAY = timedelta(days=1)
CLEAR_OF_OTHERS = 45 * DAY
"""Between the stays that matter to a death and those long before it: more than 30 days."""
LONGEST_STAY = 25
LONG_AFTER = 200
EARLIEST_ON_THE_DAY = 12
"""The hour from which a death can follow a discharge some hours before on the same day."""
WARD_SPECIALTIES = ("300", "301", "320", "340", "430", "100", "110")
TO_ANOTHER_HOSPITAL = "51"


@dataclass(frozen=True, slots=True)
class Living:
    """Makes lives in one area by one set of rates."""

    area: Area
    rates: CareRates

    def life(self, dice: Dice, who: Person, fate: Fate, start: datetime, until: datetime) -> Life:
        """Takes a person, what becomes of them, and the time looked at; returns the life.

        For the dead `until` is the time of death.
        """
        if fate is Fate.STILLBORN:
            return Life(fate, (self._birth(who, until),), until)
        if fate is Fate.SURVIVES:
            return Life(fate, self._long_before(dice, who, start, until))
        last = self._last(dice, who, fate, until)
        first = min((stay.admitted for stay in last), default=until)
        long_before: tuple[Stay, ...] = ()
        if last or fate is not Fate.LATER:
            long_before = self._long_before(dice, who, start, first - CLEAR_OF_OTHERS)
        return Life(fate, (*long_before, *sorted(last, key=lambda s: s.admitted)), until)

    def _last(self, dice: Dice, who: Person, fate: Fate, died: datetime) -> list[Stay]:
        if fate is Fate.IN_HOSPITAL:
            return self._with_those_before(dice, who, self._died_in(dice, who, died))
        days = _days(dice, fate, died)
        stays: list[Stay] = []
        if fate is Fate.AFTER_DISCHARGE or not dice.happens(self.rates.never_admitted):
            left = self._leaving(dice, died, days)
            stays = self._with_those_before(dice, who, self._left_alive(dice, who, left))
        if dice.happens(self.rates.died_in_emergency_department):
            stays.append(self._died_in_emergency_department(dice, who, died))
        return stays

    def _died_in(self, dice: Dice, who: Person, died: datetime) -> Stay:
        admitted = _admission(dice, died, dice.between(0, LONGEST_STAY))
        return Stay(
            trust=self._trust(dice, who),
            admitted=admitted,
            left=clear(died + timedelta(minutes=dice.between(20, 240))),
            is_elective=dice.happens(self.rates.elective_of_deaths),
            has_died=True,
            destination="79",
            specialty=dice.one_of(WARD_SPECIALTIES),
        )

    def _left_alive(self, dice: Dice, who: Person, left: datetime) -> Stay:
        trust = self._trust(dice, who)
        is_mental = bool(who.own_specialty) and dice.happens(0.3)
        return Stay(
            trust=self.area.mental_health if is_mental else trust,
            admitted=_admission(dice, left, dice.between(1, LONGEST_STAY)),
            left=left,
            is_elective=dice.happens(self.rates.elective_of_deaths),
            specialty=who.own_specialty if is_mental else dice.one_of(WARD_SPECIALTIES),
            destination=dice.weighted({"19": 0.9, "54": 0.08, "29": 0.02}),
        )

    def _with_those_before(self, dice: Dice, who: Person, last: Stay) -> list[Stay]:
        """The last stay, with the attendance, transfer or stay that came shortly before it."""
        stays = [last]
        is_long = (last.left.date() - last.admitted.date()).days >= 1
        if is_long and dice.happens(self.rates.transferred):
            others = [t for t in self.area.acute if t is not last.trust]
            if others:
                stays.append(self._transferred(dice, last, dice.one_of(others)))
        elif is_long and dice.happens(self.rates.step_down):
            return self._stepped_down(dice, who, last)
        elif is_long and dice.happens(self.rates.stay_before_last):
            left = dice.moment(last.admitted - dice.between(2, 27) * DAY, 8, 20)
            stays.append(self._left_alive(dice, who, left))
        elif dice.happens(self.rates.emergency_attendance) and not last.is_elective:
            stays.append(self._attended(dice, who, last))
        return stays

    def _transferred(self, dice: Dice, to: Stay, trust: Organisation) -> Stay:
        left = clear(to.admitted - timedelta(minutes=dice.between(40, 100)), earlier=True)
        return Stay(
            trust=trust,
            admitted=_admission(dice, left, dice.between(1, 10)),
            left=left,
            destination=TO_ANOTHER_HOSPITAL,
            specialty=to.specialty,
        )

    def _stepped_down(self, dice: Dice, who: Person, last: Stay) -> list[Stay]:
        """The last stay in a community hospital, after one in an acute trust."""
        in_community = Stay(
            trust=self.area.community,
            admitted=last.admitted,
            left=last.left,
            has_died=last.has_died,
            destination=last.destination,
            specialty="430",
        )
        return [in_community, self._transferred(dice, in_community, self._trust(dice, who))]

    def _attended(self, dice: Dice, who: Person, before: Stay) -> Stay:
        arrived = before.admitted - timedelta(minutes=dice.between(90, 400))
        return Stay(
            trust=before.trust if before.trust in self.area.acute else who.nearest,
            admitted=clear(arrived, earlier=True),
            left=before.admitted,
            is_inpatient=False,
            specialty="180",
        )

    def _died_in_emergency_department(self, dice: Dice, who: Person, died: datetime) -> Stay:
        return Stay(
            trust=who.nearest,
            admitted=clear(died - timedelta(minutes=dice.between(20, 150)), earlier=True),
            left=clear(died + timedelta(minutes=dice.between(10, 90))),
            is_inpatient=False,
            has_died=True,
            specialty="180",
        )

    def _birth(self, who: Person, born: datetime) -> Stay:
        return Stay(
            trust=who.nearest,
            admitted=born,
            left=clear(born + timedelta(hours=5)),
            is_stillbirth=True,
            destination="79",
            specialty="501",
        )

    def _long_before(
        self, dice: Dice, who: Person, start: datetime, until: datetime
    ) -> tuple[Stay, ...]:
        years = max((until - start) / timedelta(days=365), 0)
        stays: list[Stay] = []
        at = start
        for _ in range(dice.count(self.rates.admissions_a_year * years)):
            admitted = dice.moment(at + dice.between(1, 300) * DAY, 7, 23)
            left = dice.moment(admitted + dice.between(1, 9) * DAY, 8, 20)
            if left >= until:
                break
            stays += self._of_anybody(dice, who, admitted, left)
            at = left
        return tuple(stays)

    def _of_anybody(
        self, dice: Dice, who: Person, admitted: datetime, left: datetime
    ) -> list[Stay]:
        is_mental = bool(who.own_specialty) and dice.happens(0.3)
        stay = Stay(
            trust=self.area.mental_health if is_mental else self._trust(dice, who),
            admitted=admitted,
            left=left,
            is_elective=dice.happens(self.rates.elective),
            specialty=who.own_specialty if is_mental else dice.one_of(WARD_SPECIALTIES),
        )
        if is_mental or stay.is_elective or not dice.happens(self.rates.emergency_attendance):
            return [stay]
        return [self._attended(dice, who, stay), stay]

    def _trust(self, dice: Dice, who: Person) -> Organisation:
        return dice.one_of(self.area.acute) if dice.happens(self.rates.other_trust) else who.nearest

    def _leaving(self, dice: Dice, died: datetime, days: int) -> datetime:
        day = died - days * DAY
        if days == 0:
            return datetime.combine(day.date(), time(died.hour - 6, dice.between(0, 59)))
        if dice.happens(self.rates.near_midnight):
            near = dice.one_of((time(0, 10), time(0, 30), time(0, 50), time(23, 40), time(23, 55)))
            return datetime.combine(day.date(), near)
        return dice.moment(day, 8, 20)


def clear(moment: datetime, *, earlier: bool = False) -> datetime:
    """Takes a time; returns it, or an hour beside it where it is in the hour of the clock change
    (see `Dice.moment`)."""
    if moment.hour != 1:
        return moment
    return moment + timedelta(hours=-1 if earlier else 1)


def _admission(dice: Dice, before: datetime, days: int) -> datetime:
    if days == 0:
        return clear(before - timedelta(minutes=dice.between(60, 300)), earlier=True)
    return dice.moment(before - days * DAY)


def _days(dice: Dice, fate: Fate, died: datetime) -> int:
    """Days from discharge to death: the bounds of the rule oftener than chance would have them."""
    if fate is Fate.LATER:
        first = DAYS_AFTER_DISCHARGE + 1
        return first if dice.happens(0.1) else dice.between(first, LONG_AFTER)
    if dice.happens(0.05):
        return DAYS_AFTER_DISCHARGE
    least = 0 if died.hour >= EARLIEST_ON_THE_DAY else 1
    return least if dice.happens(0.05) else dice.between(least, DAYS_AFTER_DISCHARGE)
