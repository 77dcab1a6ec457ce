"""What was known when: so that a figure can be given as it was published and as it is now."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from registry.directory.organisation import Organisation
from registry.returns.learning_action import LearningAction
from registry.returns.periods import Quarter
from registry.returns.reviewed_death import Action, ReviewedDeath


@dataclass(frozen=True, slots=True)
class Known:
    """From `since` on, the death was known so; None where it was no longer a death in scope."""

    since: datetime
    death: ReviewedDeath | None


@dataclass(frozen=True, slots=True)
class DeathHistory:
    """All that was ever known of one death, in any order."""

    case: str
    known: tuple[Known, ...]

    def __post_init__(self) -> None:
        moments = [known.since for known in self.known]
        if len(set(moments)) != len(moments):
            raise ValueError(f"case {self.case}: two states known since the same moment")
        if any(known.death is not None and known.death.case != self.case for known in self.known):
            raise ValueError(f"case {self.case}: the history holds another case")

    def at(self, moment: datetime) -> ReviewedDeath | None:
        """Takes a moment; returns the death as known then, None where it was not (or no longer)."""
        before = [known for known in self.known if known.since <= moment]
        return max(before, key=lambda known: known.since).death if before else None


@dataclass(frozen=True, slots=True)
class Deaths:
    """The deaths in scope of one organisation, with all that was known of each, and what it did
    about what it learnt."""

    organisation: Organisation
    histories: tuple[DeathHistory, ...]
    actions: tuple[LearningAction, ...] = ()

    def __post_init__(self) -> None:
        cases = [history.case for history in self.histories]
        if len(set(cases)) != len(cases):
            raise ValueError("a case has one history, so that a death is counted once")

    def actions_at(self, moment: datetime, quarters: Collection[Quarter]) -> tuple[Action, ...]:
        """Takes a moment and quarters; returns the organisation's own actions on what it learnt
        from the deaths of these quarters, as recorded then."""
        recorded = (one.at(moment) for one in self.actions if one.quarter in quarters)
        return tuple(action for action in recorded if action is not None)

    def at(self, moment: datetime) -> tuple[ReviewedDeath, ...]:
        """Takes a moment; returns the deaths as known then."""
        known: Iterable[ReviewedDeath | None] = (history.at(moment) for history in self.histories)
        return tuple(death for death in known if death is not None)
