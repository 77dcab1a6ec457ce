"""The rules that say which stays are in scope, which reviews a death needs, and who should lead.

The national ones are data in registry/rules; an organisation's policy adds to those of scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from registry.core.conditions import Condition
from registry.core.leads import LeadRule
from registry.core.policy import Policies, ScopeRule
from registry.core.spells import Spell
from registry.directory.organisation import Directory, OrganisationType


@dataclass(frozen=True, slots=True)
class TypedScopeRule:
    """A rule of scope for all organisations of some types; no types: for every organisation."""

    types: frozenset[OrganisationType]
    rule: ScopeRule


@dataclass(frozen=True, slots=True)
class Criterion:
    """A reason why a case record review must be done, or is chosen; with the sentence shown."""

    code: str
    sentence: str
    when: Condition
    is_must: bool
    source: str


@dataclass(frozen=True, slots=True)
class Due:
    """How long people have: `accept` in working days after being asked, `complete` in working days
    or else calendar months after the review begins."""

    accept_working_days: int
    complete_working_days: int | None = None
    complete_months: int | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A kind of looking-back: when a death needs it, who should lead, by when.

    `is_screened` is True where the review is to be screened unless a criterion makes it required;
    a route that is not screened is required whenever it applies. `has_criteria` is True where the
    must-review criteria are about it. `notes` are sentences for whoever reviews, each with when.
    """

    code: str
    name: str
    when: Condition
    is_screened: bool
    leads: tuple[LeadRule, ...]
    due: Due
    source: str
    has_criteria: bool = True
    notes: tuple[tuple[Condition, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All national rules; `maternity_days` is the longest time after a maternity stay that any of
    them asks about."""

    scope: tuple[TypedScopeRule, ...]
    criteria: tuple[Criterion, ...]
    routes: tuple[Route, ...]
    maternity_days: int = 0

    def route(self, code: str) -> Route:
        """Takes the code of a route; returns the route. KeyError where there is none."""
        for route in self.routes:
            if route.code == code:
                return route
        raise KeyError(code)

    def scope_rule(
        self, spell: Spell, on: date, directory: Directory, policies: Policies
    ) -> ScopeRule | None:
        """Takes a stay and the date of death; returns the rule of scope that covers the stay: its
        provider's own policy first, then the national rules; None where no rule does."""
        policy = policies.of(spell.provider, on)
        own = policy.scope if policy else ()
        kind = directory.type_of(spell.provider)
        national = (r.rule for r in self.scope if not r.types or kind in r.types)
        for rule in (*own, *national):
            if spell.kind in rule.stays and not rule.is_maternity:
                return rule
        return None

    def maternity_rule(self, spell: Spell, directory: Directory) -> ScopeRule | None:
        """Takes a maternity stay; returns the rule for deaths after such stays, None where there is
        none. No policy of a provider changes it."""
        kind = directory.type_of(spell.provider)
        for typed in self.scope:
            is_for = typed.rule.is_maternity and spell.kind in typed.rule.stays
            if is_for and (not typed.types or kind in typed.types):
                return typed.rule
        return None
