"""What happens to people: stays in hospital, and how and where they die. No messages yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from simulation.organisations import Organisation

DAYS_AFTER_DISCHARGE = 30
"""SHMI and NHS Improvement 2017: 0 to 30 days, both ends included, in London calendar dates."""


class Fate(StrEnum):
    """How a simulated life comes out."""

    IN_HOSPITAL = "in-hospital"
    AFTER_DISCHARGE = "within-30-days"
    LATER = "out-of-scope"
    STILLBORN = "stillborn"
    SURVIVES = "survives"


class Place(StrEnum):
    """What the death is to the rules of scope."""

    IN_HOSPITAL = "in-hospital"
    AFTER_DISCHARGE = "within-30-days"
    POSSIBLY = "possibly-within-30-days"
    OUT_OF_SCOPE = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay in one trust, London wall-clock times.

    `is_inpatient` is False for an attendance at an emergency department; `destination` and the
    admission method are NHS Data Dictionary codes.
    """

    trust: Organisation
    admitted: datetime
    left: datetime
    is_inpatient: bool = True
    is_elective: bool = False
    has_died: bool = False
    is_stillbirth: bool = False
    destination: str = "19"
    specialty: str = "300"

    def days_before(self, death: datetime) -> int:
        """Takes the time of death; returns the days from leaving to it, in calendar dates."""
        return (death.date() - self.left.date()).days


@dataclass(frozen=True, slots=True)
class Life:
    """The stays in the order of time, and the death; `died` is None for whoever lives on."""

    fate: Fate
    stays: tuple[Stay, ...]
    died: datetime | None = None

    @property
    def stay_of_death(self) -> Stay | None:
        """The inpatient stay in which the person died."""
        return next((s for s in self.stays if s.has_died and s.is_inpatient), None)

    @property
    def left_in_time(self) -> tuple[Stay, ...]:
        """The inpatient stays left alive at most 30 days before the death, the latest first."""
        died = self.died
        if died is None:
            return ()
        alive = [s for s in self.stays if s.is_inpatient and not s.has_died]
        within = [s for s in alive if 0 <= s.days_before(died) <= DAYS_AFTER_DISCHARGE]
        return tuple(sorted(within, key=lambda s: s.left, reverse=True))

    @property
    def place(self) -> Place:
        """What the death truly is to the rules of scope."""
        if self.fate is Fate.STILLBORN or self.died is None:
            return Place.OUT_OF_SCOPE
        if self.stay_of_death:
            return Place.IN_HOSPITAL
        return Place.AFTER_DISCHARGE if self.left_in_time else Place.OUT_OF_SCOPE
