"""How one trust's patient administration system writes HL7 v2, within what public samples show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from simulation.people import MALE


class DeathTime(StrEnum):
    """How PID-29 is written."""

    SECONDS = "%Y%m%d%H%M%S"
    MINUTES = "%Y%m%d%H%M"
    DAY = "%Y%m%d"
    MIDNIGHT = "%Y%m%d000000"  # of systems that have a time field and know only the day


MONTH = "%Y%m"


@dataclass(frozen=True, slots=True)
class Dialect:
    """A sender's habits.

    `is_swapped`: destination in PV1-36 and method in PV1-37; `says_alive`: PID-30 is N in every
    message about somebody not known to be dead; `has_letters`: M and F in PID-8, not 1 and 2.
    """

    version: str
    death_time: DeathTime
    is_swapped: bool = False
    says_alive: bool = False
    has_letters: bool = False

    @property
    def can_withdraw_diagnoses(self) -> bool:
        """True where the version has DG1-21."""
        return self.version >= "2.5"

    def sex(self, code: str) -> str:
        """Takes 1 or 2; returns it as this sender writes it."""
        if not self.has_letters:
            return code
        return "M" if code == MALE else "F"


DIALECTS = (
    Dialect("2.4", DeathTime.SECONDS),
    Dialect("2.5", DeathTime.DAY, says_alive=True, has_letters=True),
    Dialect("2.4", DeathTime.MIDNIGHT, is_swapped=True),
    Dialect("2.5", DeathTime.MINUTES, has_letters=True),
)


def stamp(moment: datetime) -> str:
    """Takes a London wall-clock time; returns it to the second as HL7 writes it."""
    return moment.strftime("%Y%m%d%H%M%S")
