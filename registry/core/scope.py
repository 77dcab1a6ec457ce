"""In scope for whom: how each stay relates to the death.

The national rule (NHS Improvement 2017; the SHMI definition of 30 days): a death in a bed of the
provider, or 0 to 30 days after leaving it, both ends included, counted in London calendar dates.
Other stays are in scope where a rule of the provider, or one for its type, covers them.
A mother's death is looked at for longer after maternity care; that makes it no death in care.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from nhs.london_time import LONDON
from nhs.partial_date import PartialDate
from registry.core.deaths import Claim, Death
from registry.core.policy import ScopeRule
from registry.core.spells import Kind, Spell


class Relation(StrEnum):
    """How a stay relates to the death."""

    DIED_IN_SPELL = "died-in-spell"
    AFTER_DISCHARGE = "within-30-days"
    POSSIBLY = "possibly-within-30-days"
    TOO_LATE = "more-than-30-days"
    ON_CASELOAD = "on-caseload"
    AFTER_CONTACT = "within-policy-period"
    POSSIBLY_AFTER_CONTACT = "possibly-within-policy-period"
    TOO_LATE_AFTER_CONTACT = "after-policy-period"
    AFTER_MATERNITY = "within-maternity-period"
    POSSIBLY_AFTER_MATERNITY = "possibly-within-maternity-period"
    NOT_COVERED = "not-covered"
    AFTER_DEATH = "begins-after-the-death"
    NEVER_ENDED = "never-ended-and-left-behind"


_IN_SCOPE = {
    Relation.DIED_IN_SPELL,
    Relation.AFTER_DISCHARGE,
    Relation.POSSIBLY,
    Relation.ON_CASELOAD,
    Relation.AFTER_CONTACT,
    Relation.POSSIBLY_AFTER_CONTACT,
}
_FOR_MOTHERS = {Relation.AFTER_MATERNITY, Relation.POSSIBLY_AFTER_MATERNITY}
_CALLED = {
    Kind.INPATIENT: "stay",
    Kind.DAY_CASE: "day case",
    Kind.EMERGENCY: "emergency attendance",
    Kind.CONTACT: "contact",
    Kind.PLANNED: "planned stay",
}

RuleFor = Callable[[Spell], ScopeRule | None]
"""Takes a stay; returns the rule of scope that covers it, or None."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How one stay relates to the death, and by which rule; `days` from its end to the death where
    they are known."""

    spell: Spell
    relation: Relation
    days: int | None = None
    rule: ScopeRule | None = None

    @property
    def is_in_scope(self) -> bool:
        """True when the stay puts the death in its provider's scope: it is a death in care."""
        return self.relation in _IN_SCOPE

    @property
    def is_for_mothers(self) -> bool:
        """True when only the rule for deaths after maternity care has the death looked at."""
        return self.relation in _FOR_MOTHERS

    @property
    def makes_case(self) -> bool:
        """True when the stay makes the death one to look at."""
        return self.is_in_scope or self.is_for_mothers

    @property
    def is_after_leaving(self) -> bool:
        """True for a death in scope after a stay in a bed of the provider."""
        return self.relation in (Relation.AFTER_DISCHARGE, Relation.POSSIBLY)

    def sentence(self, provider: str) -> str:
        """Takes the provider's name; returns the finding as people read it."""
        left = self.spell.discharged
        on = f" on {left.spoken}" if left else ""
        what = _CALLED[self.spell.kind]
        within = str(self.rule.within) if self.rule else ""
        match self.relation:
            case Relation.DIED_IN_SPELL if left is None and self.spell.is_on_leave:
                return f"Died on leave from {provider}, in a stay that has not ended."
            case Relation.DIED_IN_SPELL if left is None:
                return f"Died in {provider}, in a {what} that has not ended."
            case Relation.DIED_IN_SPELL:
                return f"Died in {provider}, in the {what} that ended{on}."
            case Relation.NEVER_ENDED:
                return (
                    f"The stay at {provider} has no discharge, but the person was elsewhere later: "
                    "not taken as a death in that stay."
                )
            case Relation.AFTER_DISCHARGE:
                return f"Died {_days(self.days)} after discharge from {provider}{on}."
            case Relation.POSSIBLY:
                return (
                    f"May have died within {within} of discharge from "
                    f"{provider}{on}: the date of death is not known to the day."
                )
            case Relation.TOO_LATE:
                how_long = _days(self.days) if self.days is not None else f"more than {within}"
                return (
                    f"Died {how_long} after discharge from {provider}{on}: "
                    f"outside the {within}, not in scope."
                )
            case Relation.ON_CASELOAD:
                return f"Died while on the caseload of {provider}."
            case Relation.AFTER_CONTACT:
                return f"Died within {within} after the {what} at {provider} that ended{on}."
            case Relation.POSSIBLY_AFTER_CONTACT:
                return (
                    f"May have died within {within} after the {what} at {provider} that ended{on}: "
                    "the date of death is not known to the day."
                )
            case Relation.TOO_LATE_AFTER_CONTACT:
                return (
                    f"Died more than {within} after the {what} at {provider} that ended{on}: "
                    "not in scope by its policy."
                )
            case Relation.AFTER_MATERNITY:
                how_long = _days(self.days) if self.days is not None else f"within {within}"
                return f"Died {how_long} after maternity care at {provider}{_ended(self.spell)}."
            case Relation.POSSIBLY_AFTER_MATERNITY:
                return (
                    f"May have died within {within} of maternity care at {provider}"
                    f"{_ended(self.spell)}: the date of death is not known to the day."
                )
            case Relation.NOT_COVERED:
                return (
                    f"The {what} at {provider} was not an inpatient stay, and no policy covers it: "
                    "not in scope."
                )
            case Relation.AFTER_DEATH:
                return f"The {what} at {provider} begins after the date of death: not in scope."


def findings(
    death: Death, spells: list[Spell], rule_for: RuleFor, maternity_rule_for: RuleFor
) -> list[Finding]:
    """Takes the death, the person's spells, the rules of scope and, for stays that were a mother's,
    that of deaths after maternity care; returns a finding for each spell not cancelled."""
    stays = [spell for spell in spells if not spell.is_cancelled]
    return [
        _for_mothers(death, _finding(death, spell, stays, rule_for(spell)), maternity_rule_for)
        for spell in stays
    ]


def _for_mothers(death: Death, found: Finding, maternity_rule_for: RuleFor) -> Finding:
    """The finding, or, where it leaves the death out, that of the rule for maternity care."""
    spell = found.spell
    ended = spell.discharged or spell.admitted
    if found.relation not in (Relation.TOO_LATE, Relation.NEVER_ENDED) or ended is None:
        return found
    rule = maternity_rule_for(spell)
    if rule is None or _earliest(death) > rule.within.after(ended.latest):
        return found
    if death.latest > rule.within.after(ended.earliest):
        return Finding(spell, Relation.POSSIBLY_AFTER_MATERNITY, rule=rule)
    days = found.days if found.relation is Relation.TOO_LATE else None
    return Finding(spell, Relation.AFTER_MATERNITY, days, rule)


def _finding(death: Death, spell: Spell, stays: list[Spell], rule: ScopeRule | None) -> Finding:
    if spell.admitted and death.latest < spell.admitted.earliest:
        return Finding(spell, Relation.AFTER_DEATH, rule=rule)
    if rule is None:
        return Finding(spell, Relation.NOT_COVERED)
    if spell.kind is Kind.CONTACT:
        return _after_contact(death, spell, rule)
    if spell.discharged is None:
        left_behind = any(_shows_left_behind(other, spell, death) for other in stays)
        relation = Relation.NEVER_ENDED if left_behind else Relation.DIED_IN_SPELL
        return Finding(spell, relation, rule=rule)
    if _died_before_leaving(death, spell, spell.discharged):
        return Finding(spell, Relation.DIED_IN_SPELL, rule=rule)
    if not spell.is_admitted:
        return _after_contact(death, spell, rule)
    return _after_discharge(death, spell, spell.discharged, rule)


def _shows_left_behind(other: Spell, open_spell: Spell, death: Death) -> bool:
    """True when another stay shows that one without a discharge must have ended: the person died
    in the other, or was admitted to it later."""
    if other is open_spell or not other.is_admitted:
        return False
    if other.admitted and death.latest < other.admitted.earliest:
        return False
    if other.discharged and _died_before_leaving(death, other, other.discharged):
        return True
    if other.admitted is None or open_spell.admitted is None:
        return False
    return open_spell.admitted < other.admitted and other.admitted.earliest <= death.latest


def _died_before_leaving(death: Death, spell: Spell, discharged: PartialDate) -> bool:
    if spell.says_died or any(_made_by(claim, spell, discharged) for claim in death.claims):
        return True
    if death.latest < discharged.earliest:
        return True
    died_at, left_at = _clock(death.at), _clock(discharged)
    return died_at is not None and left_at is not None and died_at <= left_at


def _made_by(claim: Claim, spell: Spell, discharged: PartialDate) -> bool:
    """True when the discharge made the claim, and does not itself date the death later: a discharge
    told again long afterwards carries the death at home."""
    if (claim.source, claim.stay) != (spell.provider, spell.number):
        return False
    return claim.at is None or claim.at.earliest <= discharged.latest


def _clock(when: PartialDate | None) -> datetime | None:
    """The moment, where one is really known: who knows only the day writes midnight, a trust that
    of London, the national service that of UTC."""
    if when is None or when.moment is None:
        return None
    clocks = (when.moment.time(), when.moment.astimezone(LONDON).time())
    return None if time.min in clocks else when.moment


def _after_discharge(
    death: Death, spell: Spell, discharged: PartialDate, rule: ScopeRule
) -> Finding:
    most = (death.latest - discharged.earliest).days
    least = max(0, (death.earliest - discharged.latest).days) if death.earliest else 0
    if least > rule.within.days:
        return Finding(spell, Relation.TOO_LATE, least if least == most else None, rule)
    if least == most:
        return Finding(spell, Relation.AFTER_DISCHARGE, least, rule)
    return Finding(spell, Relation.POSSIBLY, rule=rule)


def _after_contact(death: Death, spell: Spell, rule: ScopeRule) -> Finding:
    """A contact counts while it is open, and for the rule's period after its last day."""
    if spell.discharged is None:
        return Finding(spell, Relation.ON_CASELOAD, rule=rule)
    ended = spell.discharged
    if death.latest <= ended.earliest and spell.kind is Kind.CONTACT:
        return Finding(spell, Relation.ON_CASELOAD, rule=rule)
    if _earliest(death) > rule.within.after(ended.latest):
        return Finding(spell, Relation.TOO_LATE_AFTER_CONTACT, rule=rule)
    if death.latest <= rule.within.after(ended.earliest):
        return Finding(spell, Relation.AFTER_CONTACT, rule=rule)
    return Finding(spell, Relation.POSSIBLY_AFTER_CONTACT, rule=rule)


def _earliest(death: Death) -> date:
    return death.earliest or date.min


def _ended(spell: Spell) -> str:
    if spell.discharged:
        return f" that ended on {spell.discharged.spoken}"
    return f" that began on {spell.admitted.spoken}" if spell.admitted else ""


def _days(days: int | None) -> str:
    if days is None:
        return "within 30 days"
    return "on the day" if days == 0 else f"{days} day{'' if days == 1 else 's'}"
