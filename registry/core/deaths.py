"""Deaths: each source's claim, and what the claims about one person add up to.

A claim that a discharge made stands and falls with that discharge: when the discharge is cancelled
or corrected to alive, the claim goes with it. Other claims stand until their source takes them
back. A formal national claim (the registrar's) stands above all others.
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
from registry.core.statement import METHOD_STILLBIRTH, NationalStatus, Statement, Verdict

# Beyond this age at discharge a "stillborn" record is the mother's; generous, since a stillborn
# baby's record may be discharged late.
NEWBORN_DAYS = 365


@dataclass(frozen=True, slots=True)
class Claim:
    """One source's standing word that the person died.

    `stay` is the visit number of the discharge that made the claim, None when it was made apart;
    `status` how formally the national service holds it, None for a trust's own word.
    """

    source: str
    statement: Statement
    at: PartialDate | None
    stay: str | None
    status: NationalStatus | None = None

    @property
    def is_formal(self) -> bool:
        """True when the death is registered."""
        return self.status is NationalStatus.FORMAL


@dataclass(frozen=True, slots=True)
class Claims:
    """What the sources say now: standing claims, sources that contradict themselves, and national
    sources that took their claim back."""

    standing: tuple[Claim, ...]
    conflicting: tuple[str, ...]
    removed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Death:
    """A death as now known: a range of London dates, one day long when the day is known.

    `claim` is the claim that counts most; `earliest` is None when nothing bounds the date from
    below; `at` is the date as its source wrote it.
    """

    claim: Claim
    claims: tuple[Claim, ...]
    at: PartialDate | None
    earliest: date | None
    latest: date
    is_stillbirth: bool = False

    @property
    def is_day_known(self) -> bool:
        """True when the London date of death is known."""
        return self.earliest == self.latest


def claims(statements: Iterable[Statement], born: PartialDate | None = None) -> Claims:
    """Takes one person's statements, oldest first, and their birth date where it is known; returns
    each source's standing claim.

    A stillbirth stated on the record of somebody who was not just born is the mother's record: no
    claim.
    """
    by_source: dict[str, list[Statement]] = defaultdict(list)
    for statement in statements:
        by_source[statement.source].append(statement)
    folded = {source: _fold(stated, born) for source, stated in sorted(by_source.items())}
    return Claims(
        standing=tuple(f.claim for f in folded.values() if f.claim is not None),
        conflicting=tuple(source for source, f in folded.items() if f.is_conflicting),
        removed_by=tuple(source for source, f in folded.items() if f.is_removed),
    )


def death(claims: Claims, spells: list[Spell], born: PartialDate | None = None) -> Death | None:
    """Takes the claims and the person's spells; returns the death they add up to, or None.

    A formal national claim comes first, then one made by a discharge (that provider saw it), then
    the more precise, then the newer. A less formal claim that agrees with the first may make its
    date more precise.
    """
    if not claims.standing:
        return None
    ranked = sorted(claims.standing, key=_rank, reverse=True)
    best, at = ranked[0], _date(ranked, spells)
    earliest, latest = _bounds(best, at, spells)
    is_stillbirth = any(spell.says_stillborn and is_newborn(born, spell) for spell in spells)
    return Death(best, claims.standing, at, earliest, latest, is_stillbirth)


def is_newborn(born: PartialDate | None, spell: Spell) -> bool:
    """True unless the person was born long before the stay ended: then a stillbirth in it is that
    of their child."""
    if born is None or spell.discharged is None:
        return True
    return (spell.discharged.earliest - born.latest).days <= NEWBORN_DAYS


@dataclass(frozen=True, slots=True)
class _Folded:
    """What one source's statements come to."""

    claim: Claim | None = None
    is_conflicting: bool = False
    is_removed: bool = False


def _fold(statements: list[Statement], born: PartialDate | None) -> _Folded:
    claim: Claim | None = None
    is_conflicting = is_removed = False
    for statement in statements:
        if claim is not None and _undoes(statement, claim):
            claim = None
        is_stillborn = _states_stillbirth(statement, born)
        if is_stillborn:
            claim = _claim(statement, claim)
        if statement.death is None:
            continue
        is_conflicting = statement.death.verdict is Verdict.CONFLICTING
        is_removed = statement.death.status is NationalStatus.REMOVED
        if statement.death.verdict is Verdict.DIED:
            claim = _claim(statement, claim)
        elif statement.death.verdict is Verdict.RETRACTED and not is_stillborn:
            claim = None
    return _Folded(claim, is_conflicting, is_removed)


def _states_stillbirth(statement: Statement, born: PartialDate | None) -> bool:
    if statement.stay is None or not statement.says_stillborn:
        return False
    told = statement.recorded.isoformat() if statement.recorded else None
    left = statement.stay.discharged or told or statement.stay.admitted
    ended = PartialDate.parse(left) if left else None
    return is_newborn(born, Spell(statement.source, statement.stay.number, discharged=ended))


def _claim(statement: Statement, before: Claim | None) -> Claim:
    stated = statement.death.at if statement.death else None
    status = statement.death.status if statement.death else None
    at = PartialDate.parse(stated) if stated else None
    stay = _discharge_made_by(statement)
    if before is not None:
        at = at or before.at
        stay = stay or before.stay
    return Claim(statement.source, statement, at, stay, status)


def _discharge_made_by(statement: Statement) -> str | None:
    stay = statement.stay
    if stay is None or stay.discharge_method in METHODS_ALIVE:
        return None
    by_code = (
        stay.discharge_method in (METHOD_DIED, METHOD_STILLBIRTH)
        or stay.discharge_destination == DESTINATION_DIED
    )
    return stay.number if by_code or statement.trigger == DISCHARGE else None


def _undoes(statement: Statement, claim: Claim) -> bool:
    """True when the statement takes back the discharge that made the claim."""
    stay = statement.stay
    if stay is None or stay.number != claim.stay:
        return False
    if statement.trigger in (CANCEL_DISCHARGE, CANCEL_ADMIT) or stay.discharge_deleted:
        return True
    return stay.discharge_method in METHODS_ALIVE


def _rank(claim: Claim) -> tuple[bool, bool, int, tuple[object, ...]]:
    return (
        claim.is_formal,
        claim.stay is not None,
        _precision(claim.at),
        claim.statement.order,
    )


def _precision(at: PartialDate | None) -> int:
    return list(Precision).index(at.precision) + 1 if at else 0


def _date(ranked: list[Claim], spells: list[Spell]) -> PartialDate | None:
    """The date of the first claim that has one, made more precise by those that agree with it."""
    dates = (claim.at or _discharge_date(claim, spells) for claim in ranked)
    first = next((at for at in dates if at), None)
    if first is None:
        return None
    agreeing = [claim.at for claim in ranked if claim.at and _within(claim.at, first)]
    return max((first, *agreeing), key=_precision)


def _within(at: PartialDate, other: PartialDate) -> bool:
    return other.earliest <= at.earliest and at.latest <= other.latest


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
