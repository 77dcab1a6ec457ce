"""The terms on which anything of a living person is held: settings, and reasons with their end."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from registry.core.identity import NumberPolicy
from registry.core.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Retention:
    """The settings: `allowance_days` for news of a death that comes late; `evidence_years` from the
    message that carried evidence for a flag; `silence_years` without a word about a stay that has
    no end."""

    allowance_days: int = 335
    evidence_years: int = 10
    silence_years: int = 10


@dataclass(frozen=True, slots=True)
class RetentionSaid:
    """Settings as a process was told them; None where nothing was said."""

    allowance_days: int | None = None
    evidence_years: int | None = None
    silence_years: int | None = None

    def over(self, before: Retention) -> Retention:
        """Takes the settings that held before; returns those that hold now."""
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return replace(before, **said)


@dataclass(frozen=True, slots=True)
class Terms:
    """What retention depends on beside the facts; today is the day of `knowledge`."""

    knowledge: Knowledge
    numbers: NumberPolicy
    retention: Retention

    @property
    def today(self) -> date:
        """Today's date in London."""
        return self.knowledge.on

    def with_allowance(self, on: date) -> date:
        """Takes the last day on which something could matter; returns the last day on which news of
        a death by then is expected."""
        return on + timedelta(days=self.retention.allowance_days)


class Why(StrEnum):
    """Why something is held."""

    RECORD = "record-of-a-death"
    IN_PERIOD = "a-death-would-be-in-scope"
    MATERNITY = "maternity-admission"
    NO_END = "stay-without-an-end"
    CONTRADICTORY = "discharge-says-died"
    LEFT_BEHIND = "stay-left-behind"
    SHOWS_END = "shows-that-another-stay-ended"
    NOT_COVERED = "stay-not-in-scope"
    CANCELLED = "stay-cancelled"
    NO_STAY = "message-without-a-stay"
    EVIDENCE = "evidence-for-a-flag"
    DESCRIPTION = "describes-whose-stay-is-held"
    IDENTITY = "says-who-is-who"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is held, and the last day on which it is; None: as long as the record."""

    why: Why
    until: date | None
    sentence: str
