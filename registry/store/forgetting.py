"""Forgets what is no longer needed of the living, some persons at a time.

Each cluster is one transaction that holds its lock and looks again, so any number of processes may
forget at once, beside messages that come; one that is killed leaves the rest for the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from nhs.london_time import LONDON
from registry.core import statement as statements
from registry.core.retention.holding import Holding
from registry.core.retention.holdings import holdings
from registry.core.retention.terms import Retention
from registry.store import clusters
from registry.store.held import HeldCluster, TermsOf, held_cluster
from registry.store.recompute import Rules
from registry.store.transaction import Connection, Pool, transact

BATCH = 100

_DUE = """
    (SELECT cluster FROM statement WHERE examine_on IS NULL AND received_at < %(came_before)s
     ORDER BY received_at LIMIT %(some)s)
    UNION
    (SELECT cluster FROM statement WHERE examine_on <= %(today)s
     ORDER BY examine_on LIMIT %(some)s)
    ORDER BY cluster
"""
_REDUCE = """
    UPDATE statement SET content = %s::text::jsonb, content_hash = %s, practice = %s WHERE id = %s
"""
_EXAMINE_ON = """
    UPDATE statement SET examine_on = coalesce(%(on)s::date, 'infinity')
    WHERE id = %(id)s AND examine_on IS DISTINCT FROM coalesce(%(on)s::date, 'infinity')
"""
_FORGET_IDENTIFIERS = """
    DELETE FROM identifier WHERE cluster = %s AND (system, value) NOT IN (
        SELECT * FROM unnest(%s::text[], %s::text[])
    )
"""
_COUNT = """
    INSERT INTO forgotten (on_date, source, erased, reduced) VALUES (%s, %s, %s, %s)
    ON CONFLICT (on_date, source) DO UPDATE
    SET erased = forgotten.erased + excluded.erased, reduced = forgotten.reduced + excluded.reduced
"""


@dataclass(slots=True)
class Went:
    """How many statements of one source were erased, and how many reduced."""

    erased: int = 0
    reduced: int = 0


@dataclass(slots=True)
class Batch:
    """How many clusters were looked at, and what went by source (ODS code)."""

    examined: int = 0
    went: defaultdict[str, Went] = field(default_factory=lambda: defaultdict(Went))

    def count(self, found: Iterable[Holding]) -> None:
        """Takes what remains of each fact; counts what does not."""
        for holding in found:
            if holding.is_erased:
                self.went[holding.fact.statement.source].erased += 1
            elif holding.is_reduced:
                self.went[holding.fact.statement.source].reduced += 1

    def add(self, other: Batch) -> None:
        """Takes another batch; counts it in."""
        self.examined += other.examined
        for source, went in other.went.items():
            self.went[source].erased += went.erased
            self.went[source].reduced += went.reduced


async def forget_some(pool: Pool, rules: Rules, today: date, retention: Retention) -> int:
    """Takes today's date in London; forgets what is due of some persons. Returns how many clusters
    it looked at: ask again until there are none."""
    return (await forget_batch(pool, rules, today, retention)).examined


async def forget_batch(pool: Pool, rules: Rules, today: date, retention: Retention) -> Batch:
    """As `forget_some`; returns what went as well."""
    terms_of = TermsOf(rules.numbers, today, retention)
    async with pool.connection() as connection:
        found = await due(connection, today, retention, BATCH)
    batch = Batch(examined=len(found))
    for cluster in found:

        async def work(connection: Connection, cluster: int = cluster) -> list[Holding]:
            return await _forget(connection, cluster, terms_of)

        batch.count(await transact(pool, work))
    return batch


async def due(connection: Connection, today: date, retention: Retention, some: int) -> list[int]:
    """Takes today's date in London and a number; returns about so many clusters of which something
    may have to be forgotten, each once."""
    first_day = today - timedelta(days=retention.allowance_days)
    came_before = datetime.combine(first_day, time.min, LONDON)
    rows = await connection.execute(
        _DUE, {"came_before": came_before, "today": today, "some": some}
    )
    return [row[0] for row in await rows.fetchall()]


async def would_go(pool: Pool, rules: Rules, today: date, retention: Retention) -> Batch:
    """Takes today's date in London; returns what forgetting would do, and does nothing."""
    terms_of = TermsOf(rules.numbers, today, retention)
    batch = Batch()
    async with pool.connection() as connection:
        for cluster in await due(connection, today, retention, _ALL):
            held = await held_cluster(connection, cluster)
            batch.examined += 1
            batch.count(await remaining(connection, held, terms_of))
    return batch


_ALL = 2**62


async def remaining(connection: Connection, held: HeldCluster, terms_of: TermsOf) -> list[Holding]:
    terms = await terms_of.cluster(connection, held)
    return holdings(held.facts.values(), terms, is_shown=held.is_shown)


async def _forget(connection: Connection, cluster: int, terms_of: TermsOf) -> list[Holding]:
    if not await clusters.lock_one(connection, cluster):
        return []
    held = await held_cluster(connection, cluster)
    found = await remaining(connection, held, terms_of)
    ids = {fact.statement: number for number, fact in held.facts.items()}
    erased = [ids[h.fact.statement] for h in found if h.is_erased]
    await connection.execute("DELETE FROM statement WHERE id = ANY(%s)", (erased,))
    for holding in found:
        await _keep(connection, ids[holding.fact.statement], holding)
    await _forget_identifiers(connection, cluster, found)
    counted = Batch()
    counted.count(found)
    for source, went in sorted(counted.went.items()):
        await connection.execute(_COUNT, (terms_of.today, source, went.erased, went.reduced))
    return found


async def _keep(connection: Connection, number: int, holding: Holding) -> None:
    remains = holding.remains
    if remains is None:
        return
    if holding.is_reduced:
        content = statements.to_json(remains).decode()
        await connection.execute(_REDUCE, (content, remains.content_hash, remains.practice, number))
    await connection.execute(_EXAMINE_ON, {"on": holding.look_on, "id": number})


async def _forget_identifiers(connection: Connection, cluster: int, found: list[Holding]) -> None:
    """Identifiers that nothing held names any more go too, and the cluster with the last."""
    if not any(h.is_erased or h.is_reduced for h in found):
        return
    named = sorted({i for h in found if h.remains for i in h.remains.named})
    await connection.execute(
        _FORGET_IDENTIFIERS, (cluster, [i.system for i in named], [i.value for i in named])
    )
    if not named:
        await connection.execute("DELETE FROM stale_cluster WHERE cluster = %s", (cluster,))
        await connection.execute("DELETE FROM cluster WHERE id = %s", (cluster,))
