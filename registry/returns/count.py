"""A number as a document shows it: exact, rounded, or not shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NOT_SHOWN = "*"


class Version(StrEnum):
    """For whom a document is: the organisation's own board, or the public."""

    OWN = "own"
    PUBLIC = "public"


class Precision(StrEnum):
    """How a number is shown."""

    EXACT = "exact"
    ROUNDED = "rounded"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Count:
    """A number of deaths; `number` is None where it is not shown."""

    number: int | None
    precision: Precision = Precision.EXACT

    @property
    def text(self) -> str:
        """The number in figures, or the sign for one that is not shown."""
        return NOT_SHOWN if self.number is None else str(self.number)


SUPPRESSED = Count(None, Precision.SUPPRESSED)


def difference(published: Count, current: Count) -> int | None:
    """Takes what was published and what is so now; returns the difference of what is shown, None
    where one of them is not shown."""
    if published.number is None or current.number is None:
        return None
    return current.number - published.number
