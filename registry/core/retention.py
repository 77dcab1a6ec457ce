"""Forgetting: what is held of a living person, why, and until when (data minimisation, UK GDPR
article 5(1)(c) and (e)).

A stay is held in full while a death could make it matter. After that its statements are reduced to
what still counts: evidence for flags, and, while anything else is held, who is who. Nothing is
forgotten of anybody whose death is on record, or about whom a question or concern stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from nhs.london_time import london_date
from registry.core import identity
from registry.core.policy import Period
from registry.core.reduction import Reduction
from registry.core.retention_terms import Reason, Terms, Why
from registry.core.spells import spells
from registry.core.statement import Statement
from registry.core.stay_retention import HeldStay, ToldStay, held_stays

_RECORD = "The person died, or a question or a concern about them stands: part of that record."
_NO_STAY = "It says nothing about a stay."
_DESCRIBES = "The newest word on who the person is, while a stay of theirs is held."
_SAYS_WHO = "It says which identifiers are one person's, while anything else of them is held."


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement as it is held, and the London date on which its message came."""

    statement: Statement
    came_on: date

    @property
    def heard_on(self) -> date:
        """The London date of the event, at the latest that on which the message came."""
        recorded = self.statement.recorded
        return min(london_date(recorded), self.came_on) if recorded else self.came_on


@dataclass(frozen=True, slots=True)
class Holding:
    """What remains of a fact: all of it, part of it or, where no reason is left, nothing."""

    fact: Fact
    remains: Statement | None
    reasons: tuple[Reason, ...]

    @property
    def is_erased(self) -> bool:
        """True when nothing remains."""
        return self.remains is None

    @property
    def is_reduced(self) -> bool:
        """True when a part remains, and it was more before."""
        return self.remains is not None and self.remains != self.fact.statement

    @property
    def until(self) -> date | None:
        """The last day on which any of it is held; None: as long as the record it belongs to."""
        untils = [reason.until for reason in self.reasons]
        return None if None in untils else max((u for u in untils if u), default=None)

    @property
    def look_on(self) -> date | None:
        """The next day on which less of it may be held; None: never."""
        ends = [reason.until for reason in self.reasons if reason.until]
        return min(ends) + timedelta(days=1) if ends else None


def holdings(facts: Iterable[Fact], terms: Terms, *, is_shown: bool) -> list[Holding]:
    """Takes all facts of one cluster, what retention depends on, and whether a death, question or
    concern about its persons is on record; returns what remains of each fact today, and why,
    oldest first."""
    told = sorted(facts, key=lambda fact: fact.statement.order)
    if is_shown or any(fact.statement.touches_death for fact in told):
        record = (Reason(Why.RECORD, None, _RECORD),)
        return [Holding(fact, fact.statement, record) for fact in told]
    by_statement = {fact.statement: fact for fact in told}
    persons = _by_person(by_statement, terms)
    reasons = _in_full(persons, by_statement, terms)
    in_full = {s: r for s, r in reasons.items() if not r.until or r.until >= terms.today}
    specialties = _newest_on_specialties(persons) - set(in_full)
    reduction = Reduction([fact.statement for fact in told], specialties)
    reduced = _Reduced(told, in_full, reduction, terms)
    held = [
        Holding(fact, fact.statement, (in_full[fact.statement],))
        if fact.statement in in_full
        else reduced.holding(fact)
        for fact in told
    ]
    return _without_repetitions(held)


def _in_full(
    persons: list[list[Statement]], facts: dict[Statement, Fact], terms: Terms
) -> dict[Statement, Reason]:
    """Why each statement is held in full, and until when."""
    found: dict[Statement, Reason] = {}
    for statements in persons:
        of_stay = _stays(statements, facts, terms)
        for statement in statements:
            stay = statement.stay
            if stay is not None:
                found[statement] = of_stay[statement.source, stay.number].reason
            else:
                until = terms.with_allowance(facts[statement].came_on)
                days = terms.retention.allowance_days
                sentence = f"{_NO_STAY} Held for {days} days, for news that comes late."
                found[statement] = Reason(Why.NO_STAY, until, sentence)
    return found


def _by_person(statements: Iterable[Statement], terms: Terms) -> list[list[Statement]]:
    """The statements of each person, and those that identify nobody by their identifiers; oldest
    first."""
    remaining = dict.fromkeys(statements)
    found: list[list[Statement]] = []
    for person in identity.persons(remaining, terms.numbers):
        found.append(list(person.statements))
        for statement in person.statements:
            del remaining[statement]
    unknown: dict[object, list[Statement]] = defaultdict(list)
    for statement in remaining:
        unknown[statement.identifiers].append(statement)
    return [*found, *unknown.values()]


def _stays(
    statements: list[Statement], facts: dict[Statement, Fact], terms: Terms
) -> dict[tuple[str, str], HeldStay]:
    told: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for statement in statements:
        if statement.stay is not None:
            told[statement.source, statement.stay.number].append(facts[statement])
    stays = [
        ToldStay(
            spell,
            heard_on=max(fact.heard_on for fact in told[spell.provider, spell.number]),
            came_on=max(fact.came_on for fact in told[spell.provider, spell.number]),
        )
        for spell in spells(statements)
    ]
    return {(s.spell.provider, s.spell.number): s for s in held_stays(stays, terms)}


def _newest_on_specialties(persons: list[list[Statement]]) -> set[Statement]:
    """For each stay that was not cancelled, and each specialty it was ever said to be in, the
    statement that said so last."""
    found: set[Statement] = set()
    for statements in persons:
        cancelled = {(s.provider, s.number) for s in spells(statements) if s.is_cancelled}
        newest: dict[tuple[str, str, str], Statement] = {}
        for statement in statements:
            stay = statement.stay
            if stay and stay.specialty and (statement.source, stay.number) not in cancelled:
                newest[statement.source, stay.number, stay.specialty] = statement
        found.update(newest.values())
    return found


class _Reduced:
    """What remains of the facts of a cluster that are not held in full, and why."""

    def __init__(
        self,
        facts: list[Fact],
        in_full: dict[Statement, Reason],
        reduction: Reduction,
        terms: Terms,
    ) -> None:
        self._reduction = reduction
        self._terms = terms
        full = {statement: reason.until for statement, reason in in_full.items()}
        self._evidence = {
            fact.statement: reason
            for fact in facts
            if fact.statement not in in_full and (reason := self._reason_for_evidence(fact))
        }
        evidence = [reason.until for reason in self._evidence.values()]
        self._stay_until = _last(until for s, until in full.items() if s.stay)
        self._until = _last([*full.values(), *evidence])

    def holding(self, fact: Fact) -> Holding:
        """Takes a fact that is not held in full; returns what remains of it."""
        statement = fact.statement
        reasons = tuple(reason for reason in self._reasons(statement) if reason)
        if not reasons:
            return Holding(fact, None, ())
        whys = {reason.why for reason in reasons}
        remains = self._reduction.reduced(
            statement,
            with_evidence=Why.EVIDENCE in whys,
            with_description=Why.DESCRIPTION in whys,
        )
        return Holding(fact, remains, reasons)

    def _reasons(self, statement: Statement) -> Iterator[Reason | None]:
        yield self._evidence.get(statement)
        if self._stay_until and self._reduction.describes(statement):
            yield Reason(Why.DESCRIPTION, self._stay_until, _DESCRIBES)
        if self._until and self._reduction.says_who(statement):
            yield Reason(Why.IDENTITY, self._until, _SAYS_WHO)

    def _reason_for_evidence(self, fact: Fact) -> Reason | None:
        evidence = self._reduction.evidence(fact.statement)
        years = self._terms.retention.evidence_years
        of_event = Period(months=12 * years).after(fact.heard_on)
        until = max(of_event, self._terms.with_allowance(fact.came_on))
        if not evidence or until < self._terms.today:
            return None
        named = ", ".join(dict.fromkeys(stated.flag for stated in evidence))
        sentence = f"Evidence for a flag ({named}), held {years} years: a death must find it."
        return Reason(Why.EVIDENCE, until, sentence)


def _last(days: Iterable[date | None]) -> date | None:
    return max((day for day in days if day), default=None)


def _without_repetitions(held: list[Holding]) -> list[Holding]:
    """Two statements that differed may be one when reduced: the newest stands for both."""
    newest = {h.remains.content_hash: h for h in held if h.remains}
    return [
        Holding(h.fact, None, ()) if h.remains and newest[h.remains.content_hash] is not h else h
        for h in held
    ]
