"""Who should lead a review: candidates in order, each with the rule that names it.

The system proposes; people decide (NHS Improvement 2017: the provider best placed to lead).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from registry.core.scope import Finding, Relation
from registry.directory.organisation import Directory

DIED_IN_CARE = "died-in-care"
LATEST_DISCHARGE = "latest-discharge"
AREA_ICB = "area-icb"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An organisation that could lead, the rule that names it, and the rule in a sentence."""

    organisation: str
    rule: str
    sentence: str


def for_case_record_review(
    findings: list[Finding], practice: str | None, directory: Directory
) -> list[Candidate]:
    """Takes the findings, the GP practice and the directory; returns the candidates in order:
    where the person died, then the latest discharge first, then the ICB."""
    return _distinct(
        [
            *_died_in_care(findings, directory),
            *_discharged(findings, directory),
            *_area_icb(findings, practice, directory),
        ]
    )


def for_leder(
    findings: list[Finding], practice: str | None, directory: Directory
) -> list[Candidate]:
    """Takes the same; returns the candidates for a LeDeR review, which the ICB leads."""
    return _distinct(list(_area_icb(findings, practice, directory)))


def _died_in_care(findings: list[Finding], directory: Directory) -> Iterator[Candidate]:
    died = [f for f in findings if f.relation is Relation.DIED_IN_SPELL]
    for finding in sorted(died, key=_certain_then_latest, reverse=True):
        provider = finding.spell.provider
        name = directory.name(provider)
        yield Candidate(provider, DIED_IN_CARE, f"The person died in the care of {name}.")


def _discharged(findings: list[Finding], directory: Directory) -> Iterator[Candidate]:
    left = [f for f in findings if f.is_in_scope and f.relation is not Relation.DIED_IN_SPELL]
    for finding in sorted(left, key=_discharged_on, reverse=True):
        provider = finding.spell.provider
        name = directory.name(provider)
        yield Candidate(
            provider, LATEST_DISCHARGE, f"{name} discharged the person last before the death."
        )


def _area_icb(
    findings: list[Finding], practice: str | None, directory: Directory
) -> Iterator[Candidate]:
    in_scope = [f.spell.provider for f in findings if f.is_in_scope]
    for organisation in (practice, *in_scope):
        icb = directory.parent_icb(organisation) if organisation else None
        if icb:
            sentence = f"{directory.name(icb)} is the integrated care board of the area."
            yield Candidate(icb, AREA_ICB, sentence)


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


def _distinct(candidates: list[Candidate]) -> list[Candidate]:
    first: dict[str, Candidate] = {}
    for candidate in candidates:
        first.setdefault(candidate.organisation, candidate)
    return list(first.values())
