"""What one cluster's state needs to know beside its own facts: organisations, policies, alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from nhs.london_time import london_date
from registry.core import concern as concerns
from registry.core.knowledge import Knowledge
from registry.core.policy import Policies
from registry.directory.organisation import Directory, Organisation
from registry.policy.reading import read_text
from registry.rules.reading import national
from registry.store import organisations
from registry.store.kept import ClusterFacts
from registry.store.transaction import Connection

# In one question, and the columns of organisations for all: a policy has its beginning, an alarm
# its number in the place of the name.
_KNOWN = f"""
    SELECT 'organisation' AS kind, {organisations.COLUMNS}, NULL::text AS content
    FROM ({organisations.WITH_RELATIONS}) AS directory
    UNION ALL
    SELECT 'policy', organisation, begins::text, NULL, NULL, NULL, NULL, content
    FROM policy WHERE organisation = ANY(%(sources)s)
    UNION ALL
    SELECT 'alarm', organisation, number, NULL, NULL, NULL, NULL, content::text
    FROM alarm WHERE organisation = ANY(%(sources)s)
"""


async def knowledge_for(connection: Connection, facts: ClusterFacts, now: datetime) -> Knowledge:
    """Takes what was said of a cluster, and the time; returns what is known beside it."""
    sources: set[str] = set()
    named: set[str] = set()
    for statement in facts.statements:
        sources.add(statement.source)
        if statement.practice:
            named.add(statement.practice)
    for keyed in facts.decisions:
        named.add(keyed.decision.organisation)
        if keyed.decision.to:
            named.add(keyed.decision.to)
    named |= {keyed.concern.organisation for keyed in facts.concerns}
    asked = {"codes": sorted(sources | named), "sources": sorted(sources)}
    rows = await (await connection.execute(_KNOWN, asked)).fetchall()
    found: dict[str, list[tuple[Any, ...]]] = {"organisation": [], "policy": [], "alarm": []}
    for kind, *row in rows:
        found[kind].append(tuple(row))
    return Knowledge(
        directory=Directory(Organisation(*row[:-1]) for row in found["organisation"]),
        rulebook=national(),
        on=london_date(now),
        policies=Policies([read_text(row[-1]) for row in sorted(found["policy"])]),
        alarms=tuple(
            concerns.alarm_from_json(row[-1])
            for row in sorted(found["alarm"], key=lambda row: row[1])
        ),
    )
