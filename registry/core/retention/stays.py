"""Until when a stay of a living person is held: as long as a death could still make it matter.

The rules of scope say for how long after its end a stay matters, the routes for how long after a
maternity stay; the news of a death may come late by an allowance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from nhs.partial_date import PartialDate
from registry.core.maternity import may_be_maternity
from registry.core.policy import Period, ScopeRule
from registry.core.retention.terms import Reason, Terms, Why
from registry.core.spells import Kind, Spell

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ToldStay:
    """A stay with the London dates of the newest event told about it, and of the last message."""

    spell: Spell
    heard_on: date
    came_on: date


@dataclass(frozen=True, slots=True)
class HeldStay:
    """A stay of a living person, why it is held, and until when."""

    spell: Spell
    reason: Reason

    @property
    def until(self) -> date:
        """The last day on which it is held."""
        return self.reason.until or date.max


def held_stays(stays: Iterable[ToldStay], terms: Terms) -> list[HeldStay]:
    """Takes one person's stays; returns why each is held and until when."""
    told = list(stays)
    all_spells = [stay.spell for stay in told]
    held = [HeldStay(stay.spell, _Look(stay, all_spells, terms).reason()) for stay in told]
    return _with_what_shows_their_end(held)


def _with_what_shows_their_end(stays: list[HeldStay]) -> list[HeldStay]:
    """Holds a stay that shows an earlier one to have been left behind as long as the earlier one:
    without it the earlier stay would seem to go on."""
    held = {_key(stay.spell): stay for stay in stays}
    begun = [s.spell for s in stays if s.spell.admitted]
    for spell in sorted(begun, key=lambda s: (s.admitted or _NEVER, _key(s))):
        later = _first_later(spell, begun)
        if later is None or not _may_be_left_behind(spell):
            continue
        earlier, shows = held[_key(spell)], held[_key(later)]
        if earlier.until > shows.until:
            sentence = "It shows that an earlier stay, which has no end, was left behind."
            reason = Reason(Why.SHOWS_END, earlier.until, sentence)
            held[_key(later)] = replace(shows, reason=reason)
    return list(held.values())


_NEVER = PartialDate.parse("0001-01-01")


def _key(spell: Spell) -> tuple[str, str]:
    return spell.provider, spell.number


def _may_be_left_behind(spell: Spell) -> bool:
    return spell.discharged is None and spell.kind is not Kind.CONTACT and not spell.is_cancelled


def _first_later(spell: Spell, others: Iterable[Spell]) -> Spell | None:
    """The first admission after this stay began (registry.core.scope takes it that the stay had
    ended by then)."""
    if spell.admitted is None:
        return None
    later = [
        (other.admitted, _key(other), other)
        for other in others
        if other.is_admitted and other.admitted and spell.admitted < other.admitted
    ]
    return min(later)[2] if later else None


class _Look:
    """Looks at one stay of a person."""

    def __init__(self, told: ToldStay, person_spells: list[Spell], terms: Terms) -> None:
        spell = told.spell
        self._spell = spell
        self._heard_on = told.heard_on
        self._came_on = told.came_on
        self._others = person_spells
        self._terms = terms
        self._silent_on = Period(months=12 * terms.retention.silence_years).after(told.heard_on)
        self._rules = _rules_for(spell, terms)
        self._is_maternity = may_be_maternity(spell)

    def reason(self) -> Reason:
        """Why the stay is held, and until when."""
        if self._spell.is_cancelled:
            return self._after(Why.CANCELLED, self._heard_on, "The stay was cancelled.")
        discharged = self._spell.discharged
        if discharged is None:
            return self._without_an_end()
        if self._spell.says_died:
            sentence = "The discharge says that the person died; no death is on record."
            return self._until_silence(Why.CONTRADICTORY, sentence)
        return self._after_its_end(self._day(discharged), discharged.spoken)

    def _after_its_end(self, ended: date, on: str) -> Reason:
        reasons = [
            self._after(
                Why.IN_PERIOD,
                rule.within.after(ended),
                f"The stay ended on {on}: a death within {rule.within} of that is in scope by the"
                f" rule '{rule.name}' ({rule.source}).",
            )
            for rule in self._rules
        ]
        if self._is_maternity:
            reasons.append(self._maternity(ended))
        nothing = f"The stay ended on {on}; no rule of scope covers it."
        reasons.append(self._after(Why.NOT_COVERED, ended, nothing))
        return max(reasons, key=lambda reason: reason.until or date.max)

    def _without_an_end(self) -> Reason:
        spell = self._spell
        if not self._rules and not self._is_maternity:
            begun = self._day(spell.admitted) if spell.admitted else self._heard_on
            return self._after(Why.NOT_COVERED, begun, "No rule of scope covers the stay.")
        later = _first_later(spell, self._others)
        if later and later.admitted and spell.admitted and _may_be_left_behind(spell):
            sentence = "The stay has no end, but the person was admitted later: it was left behind."
            reason = self._after(Why.LEFT_BEHIND, self._day(later.admitted), sentence)
            if not self._is_maternity:
                return reason
            maternity = self._maternity(self._day(spell.admitted))
            return max(reason, maternity, key=lambda one: one.until or date.max)
        return self._until_silence(Why.NO_END, "Nothing says that the stay ended.")

    def _until_silence(self, why: Why, sentence: str) -> Reason:
        years = self._terms.retention.silence_years
        until = max(self._silent_on, self._terms.with_allowance(self._came_on))
        return Reason(why, until, f"{sentence} Held until {years} years pass without a word on it.")

    def _maternity(self, ended: date) -> Reason:
        days = self._terms.knowledge.rulebook.maternity_days
        sentence = f"A death up to {days} days after a maternity stay is looked at."
        return self._after(Why.MATERNITY, ended + timedelta(days=days), sentence)

    def _after(self, why: Why, matters_until: date, sentence: str) -> Reason:
        """A message that comes late, or with years of others at once, is followed by the allowance
        too: the death that it has to be weighed against may still be to come."""
        until = self._terms.with_allowance(max(matters_until, self._came_on))
        days = self._terms.retention.allowance_days
        return Reason(why, until, f"{sentence} Held {days} days longer for news that comes late.")

    def _day(self, when: PartialDate) -> date:
        """The last day that is meant; one far beyond the message that said it is a mistake."""
        return min(when.latest, self._silent_on)


def _rules_for(spell: Spell, terms: Terms) -> list[ScopeRule]:
    """The rules of scope that cover the stay for a death from now on, or one that may still become
    known; all that might, where the provider's type is not known."""
    known, since = terms.knowledge, terms.today - timedelta(days=terms.retention.allowance_days)
    changes = {since, terms.today}
    for policy in known.policies.every(spell.provider):
        changes.add(policy.begins)
        if policy.until:
            changes.add(policy.until + _DAY)
    found = [
        known.rulebook.scope_rule(spell, on, known.directory, known.policies)
        for on in sorted(changes)
        if on >= since
    ]
    if known.directory.type_of(spell.provider) is None:
        found += [
            r.rule
            for r in known.rulebook.scope
            if spell.kind in r.rule.stays and not r.rule.is_maternity
        ]
    return list(dict.fromkeys(rule for rule in found if rule))
