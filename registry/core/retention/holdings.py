"""What remains today of all that is held of a cluster, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from registry.core import identity
from registry.core.retention.holding import Fact, Holding
from registry.core.retention.reduced import Reduced
from registry.core.retention.reduction import Reduction
from registry.core.retention.stays import HeldStay, ToldStay, held_stays
from registry.core.retention.terms import Reason, Terms, Why
from registry.core.spells import spells
from registry.core.statement import Statement

_RECORD = "The person died, or a question or a concern about them stands: part of that record."
_NO_STAY = "It says nothing about a stay."


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
    reduced = Reduced(told, in_full, reduction, terms)
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


def _without_repetitions(held: list[Holding]) -> list[Holding]:
    """Two statements that differed may be one when reduced: the newest stands for both."""
    newest = {h.remains.content_hash: h for h in held if h.remains}
    return [
        Holding(h.fact, None, ()) if h.remains and newest[h.remains.content_hash] is not h else h
        for h in held
    ]
