"""Tells deaths outside hospital, and deaths that were none, as trusts learn of them."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from simulation.desk import ALIVE, DELETE, DIED, Desk, death_time, known_time
from simulation.dialect import MONTH
from simulation.dice import Dice
from simulation.rates import RecordRates
from simulation.records import RecordedDeath


class Precision(StrEnum):
    """How well a trust that reports a death knows when it was."""

    DAY = "day"
    MONTH = "month"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DeathTelling:
    """Tells deaths with chance and rates."""

    dice: Dice
    rates: RecordRates

    def precision(self) -> Precision:
        """How well the next reporter knows the date."""
        if self.dice.happens(self.rates.death_only_to_the_month):
            return Precision.MONTH
        if self.dice.happens(self.rates.death_undated):
            return Precision.NONE
        return Precision.DAY

    def report(self, desk: Desk, died: datetime, how_well: Precision) -> None:
        """Takes the record of a trust that has heard of the death: says so in an A31, or in an A08
        of the last stay."""
        heard = died + timedelta(days=1) + self.dice.delay(timedelta(days=9))
        match how_well:
            case Precision.MONTH:
                first, last = month_of(died)
                known, written = RecordedDeath(heard.date(), first, last), died.strftime(MONTH)
            case Precision.NONE:
                known, written = RecordedDeath(heard.date()), ""
            case Precision.DAY:
                if self.dice.happens(self.rates.death_date_corrected):
                    self._wrong_first(desk, died, heard)
                on = died.date()
                known = RecordedDeath(heard.date(), on, on, known_time(desk.dialect, died))
                written = death_time(desk.dialect, died)
        desk.office.learn(known, written)
        self._say(desk, heard + timedelta(hours=1))

    def by_mistake(self, desk: Desk, at: datetime) -> None:
        """Takes the record of somebody alive and a date: an A31 reports a death, another takes it
        back."""
        desk.tell("A31", at, death=(death_time(desk.dialect, at), DIED))
        back = at + timedelta(hours=1) + self.dice.delay(timedelta(days=4))
        desk.tell("A31", back, death=(DELETE, ALIVE))

    def contradiction(self, desk: Desk, at: datetime) -> None:
        """Takes the record of somebody alive and a date: an A31 says dead and alive at once."""
        desk.tell("A31", at, death=(death_time(desk.dialect, at), ALIVE))

    def _wrong_first(self, desk: Desk, died: datetime, heard: datetime) -> None:
        wrong = died + timedelta(days=self.dice.between(1, 2))
        said = max(heard, wrong + timedelta(hours=1))
        desk.tell("A31", said, death=(death_time(desk.dialect, wrong), DIED))

    def _say(self, desk: Desk, heard: datetime) -> None:
        last = desk.visits[-1] if desk.visits else None
        if last is not None and last.left is not None and self.dice.happens(0.4):
            desk.tell("A08", heard, last)
        else:
            desk.tell("A31", heard)


def month_of(moment: datetime) -> tuple[date, date]:
    """Takes a time; returns the first and the last day of its month."""
    last = calendar.monthrange(moment.year, moment.month)[1]
    return date(moment.year, moment.month, 1), date(moment.year, moment.month, last)
