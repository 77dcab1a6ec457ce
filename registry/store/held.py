"""Reads what is held of one cluster, and on what terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from nhs.london_time import london_date
from registry.core import statement as statements
from registry.core.identity import NumberPolicy
from registry.core.knowledge import Knowledge
from registry.core.retention.holding import Fact
from registry.core.retention.terms import Retention, Terms
from registry.policy.loading import policies_of
from registry.rules.reading import national
from registry.store import organisations
from registry.store.transaction import Connection

_STATEMENTS = "SELECT id, content::text, received_at FROM statement WHERE cluster = %s ORDER BY id"
_SHOWN = """
    SELECT EXISTS (SELECT FROM person WHERE cluster = %(cluster)s)
        OR EXISTS (SELECT FROM concern WHERE cluster = %(cluster)s)
        OR EXISTS (SELECT FROM decision WHERE cluster = %(cluster)s)
"""


@dataclass(frozen=True, slots=True)
class HeldCluster:
    """The facts of a cluster by number, and whether a death, a question or a concern about its
    persons is on record."""

    facts: dict[int, Fact]
    is_shown: bool


async def held_cluster(connection: Connection, cluster: int) -> HeldCluster:
    """Takes a cluster; returns all facts that are held of it."""
    rows = await connection.execute(_STATEMENTS, (cluster,))
    facts = {
        number: Fact(statements.from_json(content), london_date(received_at))
        for number, content, received_at in await rows.fetchall()
    }
    shown = await (await connection.execute(_SHOWN, {"cluster": cluster})).fetchone()
    return HeldCluster(facts, shown is not None and bool(shown[0]))


class TermsOf:
    """The terms for one cluster after another: what was read of the organisations is kept, for the
    same few come again and again."""

    def __init__(self, numbers: NumberPolicy, today: date, retention: Retention) -> None:
        self.today = today
        self._numbers = numbers
        self._retention = retention
        self._known: dict[frozenset[str], Knowledge] = {}

    async def cluster(self, connection: Connection, held: HeldCluster) -> Terms:
        """Takes what is held of a cluster; returns the terms on which it is."""
        sources = frozenset(fact.statement.source for fact in held.facts.values())
        if sources not in self._known:
            self._known[sources] = Knowledge(
                directory=await organisations.directory_of(connection, sources),
                rulebook=national(),
                on=self.today,
                policies=await policies_of(connection, sources),
            )
        return Terms(self._known[sources], self._numbers, self._retention)
