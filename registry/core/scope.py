"""In scope for whom: how each stay relates to the death.

The rule (NHS Improvement 2017; the SHMI definition of 30 days): a death in hospital, or 0 to 30
days after discharge, both ends included, counted in London calendar dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from nhs.london_time import LONDON
from nhs.partial_date import PartialDate
from registry.core.deaths import Death
from registry.core.spells import Spell

DAYS_AFTER_DISCHARGE = 30


class Relation(StrEnum):
    """How a stay relates to the death."""

    DIED_IN_SPELL = "died-in-spell"
    AFTER_DISCHARGE = "within-30-days"
    POSSIBLY = "possibly-within-30-days"
    TOO_LATE = "more-than-30-days"
    NOT_INPATIENT = "not-an-inpatient-stay"
    AFTER_DEATH = "begins-after-the-death"
    NEVER_ENDED = "never-ended-and-left-behind"


_IN_SCOPE = {Relation.DIED_IN_SPELL, Relation.AFTER_DISCHARGE, Relation.POSSIBLY}


@dataclass(frozen=True, slots=True)
class Finding:
    """How one stay relates to the death; `days` from discharge to death where they are known."""

    spell: Spell
    relation: Relation
    days: int | None = None

    @property
    def is_in_scope(self) -> bool:
        """True when the stay puts the death in its provider's scope."""
        return self.relation in _IN_SCOPE

    def sentence(self, provider: str) -> str:
        """Takes the provider's name; returns the finding as people read it."""
        left = self.spell.discharged
        on = f" on {left.spoken}" if left else ""
        match self.relation:
            case Relation.DIED_IN_SPELL if left is None:
                return f"Died in {provider}, in a stay that has not ended."
            case Relation.DIED_IN_SPELL:
                return f"Died in {provider}, in the stay that ended{on}."
            case Relation.NEVER_ENDED:
                return (
                    f"The stay at {provider} has no discharge, but the person was elsewhere later: "
                    "not taken as a death in that stay."
                )
            case Relation.AFTER_DISCHARGE:
                return f"Died {_days(self.days)} after discharge from {provider}{on}."
            case Relation.POSSIBLY:
                return (
                    f"May have died within {DAYS_AFTER_DISCHARGE} days of discharge from "
                    f"{provider}{on}: the date of death is not known to the day."
                )
            case Relation.TOO_LATE:
                how_long = _days(self.days) if self.days is not None else "more than 30 days"
                return (
                    f"Died {how_long} after discharge from {provider}{on}: "
                    f"outside the {DAYS_AFTER_DISCHARGE} days, not in scope."
                )
            case Relation.NOT_INPATIENT:
                return f"The attendance at {provider} was not an inpatient stay: not in scope."
            case Relation.AFTER_DEATH:
                return f"The stay at {provider} begins after the date of death: not in scope."


def findings(death: Death, spells: list[Spell]) -> list[Finding]:
    """Takes the death and the person's spells; returns a finding for each spell not cancelled."""
    stays = [spell for spell in spells if not spell.is_cancelled]
    return [_finding(death, spell, stays) for spell in stays]


def _finding(death: Death, spell: Spell, stays: list[Spell]) -> Finding:
    if not spell.is_inpatient:
        return Finding(spell, Relation.NOT_INPATIENT)
    if spell.admitted and death.latest < spell.admitted.earliest:
        return Finding(spell, Relation.AFTER_DEATH)
    if spell.discharged is None:
        left_behind = any(_shows_left_behind(other, spell, death) for other in stays)
        return Finding(spell, Relation.NEVER_ENDED if left_behind else Relation.DIED_IN_SPELL)
    if _died_before_leaving(death, spell, spell.discharged):
        return Finding(spell, Relation.DIED_IN_SPELL)
    return _after_discharge(death, spell, spell.discharged)


def _shows_left_behind(other: Spell, open_spell: Spell, death: Death) -> bool:
    """True when another stay shows that one without a discharge must have ended: the person died
    in the other, or was admitted to it later."""
    if other is open_spell or not other.is_inpatient:
        return False
    if other.discharged and _died_before_leaving(death, other, other.discharged):
        return True
    if other.admitted is None or open_spell.admitted is None:
        return False
    return open_spell.admitted < other.admitted and other.admitted.earliest <= death.latest


def _died_before_leaving(death: Death, spell: Spell, discharged: PartialDate) -> bool:
    made_the_claim = (death.claim.source, death.claim.stay) == (spell.provider, spell.number)
    if spell.says_died or made_the_claim:
        return True
    if death.latest < discharged.earliest:
        return True
    died_at, left_at = _clock(death.at), _clock(discharged)
    return died_at is not None and left_at is not None and died_at <= left_at


def _clock(when: PartialDate | None) -> datetime | None:
    """The moment, where one is really known: senders write midnight when they know only the day."""
    if when is None or when.moment is None:
        return None
    is_midnight = when.moment.astimezone(LONDON).time() == time.min
    return None if is_midnight else when.moment


def _after_discharge(death: Death, spell: Spell, discharged: PartialDate) -> Finding:
    most = (death.latest - discharged.earliest).days
    least = max(0, (death.earliest - discharged.latest).days) if death.earliest else 0
    if least > DAYS_AFTER_DISCHARGE:
        return Finding(spell, Relation.TOO_LATE, least if least == most else None)
    if least == most:
        return Finding(spell, Relation.AFTER_DISCHARGE, least)
    return Finding(spell, Relation.POSSIBLY)


def _days(days: int | None) -> str:
    if days is None:
        return f"within {DAYS_AFTER_DISCHARGE} days"
    return "on the day" if days == 0 else f"{days} day{'' if days == 1 else 's'}"
