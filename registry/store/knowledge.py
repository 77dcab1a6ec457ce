"""What one cluster's state needs to know beside its own facts: organisations, policies, alarms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from nhs.london_time import london_date
from registry.core.knowledge import Knowledge
from registry.core.statement import Statement
from registry.policy.loading import policies_of
from registry.rules.reading import national
from registry.store import organisations
from registry.store.concerns import KeyedConcern, alarms_of
from registry.store.facts import KeyedDecision
from registry.store.transaction import Connection


async def knowledge_for(
    connection: Connection,
    stated: Iterable[Statement],
    decisions: Iterable[KeyedDecision],
    concerns: Iterable[KeyedConcern],
    now: datetime,
) -> Knowledge:
    """Takes a cluster's statements, decisions and concerns, and the time; returns what is known
    beside them."""
    sources: set[str] = set()
    named: set[str] = set()
    for statement in stated:
        sources.add(statement.source)
        if statement.practice:
            named.add(statement.practice)
    for keyed in decisions:
        named.add(keyed.decision.organisation)
        if keyed.decision.to:
            named.add(keyed.decision.to)
    named |= {keyed.concern.organisation for keyed in concerns}
    return Knowledge(
        directory=await organisations.directory_of(connection, sources | named),
        rulebook=national(),
        on=london_date(now),
        policies=await policies_of(connection, sources),
        alarms=await alarms_of(connection, sources),
    )
