"""What an organisation did or will do about what it learnt from a quarter's deaths, beside what one
review asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from registry.returns.periods import Quarter
from registry.returns.reviewed_death import Action


@dataclass(frozen=True, slots=True)
class RecordedAction:
    """From `since` on, the action was recorded so; None where it was withdrawn."""

    since: datetime
    action: Action | None


@dataclass(frozen=True, slots=True)
class LearningAction:
    """One action, by its id, in all the ways in which it was ever recorded, in any order."""

    action_id: str
    quarter: Quarter
    recorded: tuple[RecordedAction, ...]

    def at(self, moment: datetime) -> Action | None:
        """Takes a moment; returns the action as recorded then, None where it was not (or no
        longer)."""
        before = [one for one in self.recorded if one.since <= moment]
        return max(before, key=lambda one: one.since).action if before else None
