"""A fact as it is held, and what remains of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from nhs.london_time import london_date
from registry.core.retention.terms import Reason
from registry.core.statement import Statement


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement as it is held, and the London date on which its message came."""

    statement: Statement
    came_on: date

    @property
    def heard_on(self) -> date:
        """The London date of the event, at the latest that on which the message came."""
        recorded = self.statement.recorded
        return min(london_date(recorded), self.came_on) if recorded else self.came_on


@dataclass(frozen=True, slots=True)
class Holding:
    """What remains of a fact: all of it, part of it or, where no reason is left, nothing."""

    fact: Fact
    remains: Statement | None
    reasons: tuple[Reason, ...]

    @property
    def is_erased(self) -> bool:
        """True when nothing remains."""
        return self.remains is None

    @property
    def is_reduced(self) -> bool:
        """True when a part remains, and it was more before."""
        return self.remains is not None and self.remains != self.fact.statement

    @property
    def until(self) -> date | None:
        """The last day on which any of it is held; None: as long as the record it belongs to."""
        untils = [reason.until for reason in self.reasons]
        return None if None in untils else max((u for u in untils if u), default=None)

    @property
    def look_on(self) -> date | None:
        """The next day on which less of it may be held; None: never."""
        ends = [reason.until for reason in self.reasons if reason.until]
        return min(ends) + timedelta(days=1) if ends else None
