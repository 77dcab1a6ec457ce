"""What remains of facts that are not held in full: evidence for flags, and who is who."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from registry.core.policy import Period
from registry.core.retention.holding import Fact, Holding
from registry.core.retention.reduction import Reduction
from registry.core.retention.terms import Reason, Terms, Why
from registry.core.statement import Statement

_DESCRIBES = "The newest word on who the person is, while a stay of theirs is held."
_SAYS_WHO = "It says which identifiers are one person's, while anything else of them is held."


class Reduced:
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
