"""Who should lead a review: candidates in order, each with the rule that names it.

The system proposes; people decide (NHS Improvement 2017: the provider best placed to lead). The
rules and their sentences are data (registry/rules/leads.yaml); here is what a rule can select.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from registry.core.scope import Finding, Relation
from registry.directory.organisation import Directory, OrganisationType

# The rule that asks the board of the area: nobody comes after it.
AREA_ICB = "area-icb"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An organisation that could lead, the rule that names it, and the rule in a sentence."""

    organisation: str
    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Around:
    """What a rule for the lead can look at; `on` is today's date in London."""

    findings: tuple[Finding, ...]
    practice: str | None
    directory: Directory
    on: date


Selection = Callable[[Around], Iterable[str]]
"""Takes what is known; returns ODS codes, the best placed first."""


@dataclass(frozen=True, slots=True)
class LeadRule:
    """A rule that names candidates; `sentence` has `{organisation}` for the name."""

    code: str
    select: Selection
    sentence: str


def candidates(rules: Iterable[LeadRule], around: Around) -> tuple[Candidate, ...]:
    """Takes rules in order; returns the candidates they name, each organisation once, as the
    organisation that stands for it today."""
    first: dict[str, Candidate] = {}
    for rule in rules:
        for code in rule.select(around):
            today = around.directory.current(code, around.on)
            sentence = rule.sentence.format(organisation=around.directory.name(code))
            if today != code:
                sentence += f" It is now {around.directory.name(today)}."
            first.setdefault(today, Candidate(today, rule.code, sentence))
    return tuple(first.values())


def died_in_stay(around: Around) -> list[str]:
    """Where the person died: the stay that says so first, then the one begun last."""
    died = [f for f in around.findings if f.relation is Relation.DIED_IN_SPELL]
    return [f.spell.provider for f in sorted(died, key=_certain_then_latest, reverse=True)]


def discharged(around: Around) -> list[str]:
    """Who discharged the person within 30 days before the death, the latest discharge first."""
    left = [f for f in around.findings if f.is_after_leaving]
    return [f.spell.provider for f in sorted(left, key=_discharged_on, reverse=True)]


def had_contact(around: Around) -> list[str]:
    """Whose policy covers a contact with the person, the latest first."""
    had = [
        f
        for f in around.findings
        if f.is_in_scope and not f.is_after_leaving and f.relation is not Relation.DIED_IN_SPELL
    ]
    return [f.spell.provider for f in sorted(had, key=_seen_on, reverse=True)]


def gave_maternity_care(around: Around) -> list[str]:
    """Who cared for the mother in a stay longer than 30 days before the death, the latest first."""
    had = [f for f in around.findings if f.is_for_mothers]
    return [f.spell.provider for f in sorted(had, key=_discharged_on, reverse=True)]


def area_icb(around: Around) -> list[str]:
    """The integrated care board of the GP practice's area, else of the providers'."""
    of_practice = around.directory.parent_icb(around.practice) if around.practice else None
    if of_practice:
        return [of_practice]
    in_scope = (f.spell.provider for f in around.findings if f.makes_case)
    boards = (around.directory.parent_icb(provider) for provider in in_scope)
    return [board for board in boards if board]


def in_scope_of_type(types: Iterable[OrganisationType]) -> Selection:
    """Takes types of organisation; returns the selection of providers of them in scope."""
    wanted = frozenset(types)

    def select(around: Around) -> list[str]:
        found = [f for f in around.findings if f.is_in_scope]
        return [
            f.spell.provider
            for f in sorted(found, key=_seen_on, reverse=True)
            if around.directory.type_of(f.spell.provider) in wanted
        ]

    return select


def _certain_then_latest(finding: Finding) -> tuple[bool, date, str]:
    admitted = finding.spell.admitted
    return (
        finding.spell.says_died,
        admitted.latest if admitted else date.min,
        finding.spell.provider,
    )


def _discharged_on(finding: Finding) -> tuple[date, str]:
    left = finding.spell.discharged
    return (left.latest if left else date.min, finding.spell.provider)


def _seen_on(finding: Finding) -> tuple[date, str]:
    """A contact or stay that goes on was seen last."""
    left = finding.spell.discharged
    return (left.latest if left else date.max, finding.spell.provider)
