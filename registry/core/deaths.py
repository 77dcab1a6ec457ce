"""Deaths: each source's claim, and what the claims about one person add up to.

A claim that a discharge made stands and falls with that discharge: when the discharge is cancelled
or corrected to alive, the claim goes with it. Other claims stand until their source takes them
back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from nhs.london_time import london_date
from nhs.partial_date import PartialDate, Precision
from registry.core.spells import (
    CANCEL_ADMIT,
    CANCEL_DISCHARGE,
    DESTINATION_DIED,
    DISCHARGE,
    METHOD_DIED,
    METHODS_ALIVE,
    Spell,
)
from registry.core.statement import Statement, Verdict


@dataclass(frozen=True, slots=True)
class Claim:
    """One source's standing word that the person died.

    `stay` is the visit number of the discharge that made the claim, None when it was made apart.
    """

    source: str
    statement: Statement
    at: PartialDate | None
    stay: str | None


@dataclass(frozen=True, slots=True)
class Claims:
    """What the sources say now: standing claims, and sources that contradict themselves."""

    standing: tuple[Claim, ...]
    conflicting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Death:
    """A death as now known: a range of London dates, one day long when the day is known.

    `earliest` is None when nothing bounds it from below; `at` is the date as its source wrote it.
    """

    claim: Claim
    claims: tuple[Claim, ...]
    at: PartialDate | None
    earliest: date | None
    latest: date

    @property
    def is_day_known(self) -> bool:
        """True when the London date of death is known."""
        return self.earliest == self.latest


def claims(statements: Iterable[Statement]) -> Claims:
    """Takes one person's statements, oldest first; returns each source's standing claim."""
    by_source: dict[str, list[Statement]] = defaultdict(list)
    for statement in statements:
        by_source[statement.source].append(statement)
    folded = {source: _fold(stated) for source, stated in sorted(by_source.items())}
    return Claims(
        standing=tuple(claim for claim, _ in folded.values() if claim is not None),
        conflicting=tuple(source for source, (_, conflict) in folded.items() if conflict),
    )


def death(claims: Claims, spells: list[Spell]) -> Death | None:
    """Takes the claims and the person's spells; returns the death they add up to, or None.

    A claim made by a discharge comes first (that provider saw it), then the more precise, then the
    newer.
    """
    if not claims.standing:
        return None
    dated = [(_rank(claim), claim) for claim in claims.standing]
    best = max(dated, key=lambda pair: pair[0])[1]
    at = best.at or _discharge_date(best, spells)
    earliest, latest = _bounds(best, at, spells)
    return Death(best, claims.standing, at, earliest, latest)


def _fold(statements: list[Statement]) -> tuple[Claim | None, bool]:
    claim: Claim | None = None
    conflict = False
    for statement in statements:
        if claim is not None and _undoes(statement, claim):
            claim = None
        if statement.death is None:
            continue
        conflict = statement.death.verdict is Verdict.CONFLICTING
        if statement.death.verdict is Verdict.DIED:
            claim = _claim(statement, claim)
        elif statement.death.verdict is Verdict.RETRACTED:
            claim = None
    return claim, conflict


def _claim(statement: Statement, before: Claim | None) -> Claim:
    stated = statement.death.at if statement.death else None
    at = PartialDate.parse(stated) if stated else None
    stay = _discharge_made_by(statement)
    if before is not None:
        at = at or before.at
        stay = stay or before.stay
    return Claim(statement.source, statement, at, stay)


def _discharge_made_by(statement: Statement) -> str | None:
    stay = statement.stay
    if stay is None or stay.discharge_method in METHODS_ALIVE:
        return None
    by_code = stay.discharge_method == METHOD_DIED or stay.discharge_destination == DESTINATION_DIED
    return stay.number if by_code or statement.trigger == DISCHARGE else None


def _undoes(statement: Statement, claim: Claim) -> bool:
    """True when the statement takes back the discharge that made the claim."""
    stay = statement.stay
    if stay is None or stay.number != claim.stay:
        return False
    if statement.trigger in (CANCEL_DISCHARGE, CANCEL_ADMIT) or stay.discharge_deleted:
        return True
    return stay.discharge_method in METHODS_ALIVE


def _rank(claim: Claim) -> tuple[bool, int, tuple[object, ...]]:
    precision = list(Precision).index(claim.at.precision) + 1 if claim.at else 0
    return (claim.stay is not None, precision, claim.statement.order)


def _discharge_date(claim: Claim, spells: list[Spell]) -> PartialDate | None:
    """A death that a discharge states without a date is dated by the discharge."""
    for spell in spells:
        if (spell.provider, spell.number) == (claim.source, claim.stay):
            return spell.discharged
    return None


def _bounds(claim: Claim, at: PartialDate | None, spells: list[Spell]) -> tuple[date | None, date]:
    if at is not None:
        return at.earliest, at.latest
    heard = claim.statement.recorded
    latest = london_date(heard) if heard else date.max
    known_alive = [
        when.earliest
        for spell in spells
        for when in (spell.discharged, spell.admitted)
        if when is not None and not spell.is_cancelled and when.earliest <= latest
    ]
    return max(known_alive, default=None), latest
