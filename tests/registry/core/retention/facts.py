"""Facts and the terms on which they are held, for tests of forgetting."""

from __future__ import annotations

from datetime import date

from nhs.london_time import london_date
from registry.core.identity import NumberPolicy
from registry.core.knowledge import Knowledge
from registry.core.policy import Period, Policies, Policy, ScopeRule
from registry.core.retention.holding import Fact, Holding
from registry.core.retention.holdings import holdings
from registry.core.retention.terms import Retention, Terms, Why
from registry.core.spells import Kind
from registry.core.statement import Statement, StayStated
from registry.rules.reading import national
from tests.registry.core.stating import DIRECTORY, T1, Sender

NUMBERS = NumberPolicy(allow_test_numbers=True)
TODAY = date(2026, 11, 21)
ALLOWANCE = Retention().allowance_days
CRISIS_TEAM = Policies(
    [
        Policy(
            T1,
            begins=date(2026, 6, 1),
            scope=(ScopeRule("ed", frozenset({Kind.EMERGENCY}), Period(months=3), "Policy"),),
        )
    ]
)


def terms(on: date = TODAY, policies: Policies | None = None) -> Terms:
    known = Knowledge(DIRECTORY, national(), on, policies or Policies())
    return Terms(known, NUMBERS, Retention())


def fact(statement: Statement) -> Fact:
    assert statement.recorded is not None
    return Fact(statement, london_date(statement.recorded))


def held(
    *statements: Statement,
    on: date = TODAY,
    policies: Policies | None = None,
    is_shown: bool = False,
) -> list[Holding]:
    return holdings(map(fact, statements), terms(on, policies), is_shown=is_shown)


def whys(holding: Holding) -> set[Why]:
    return {reason.why for reason in holding.reasons}


def the_only(*statements: Statement, on: date = TODAY) -> Holding:
    (holding,) = held(*statements, on=on)
    return holding


def stay(sender: Sender, begins: str, ends: str, kind: str = "IMP", visit: str = "V1") -> Statement:
    """One message that tells a whole stay, recorded as it ended."""
    stated = StayStated(visit, "finished", kind, begins, ends, discharge_method="1")
    return sender.states("A03", f"{ends}T12:00", stay=stated)
