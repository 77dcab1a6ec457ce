"""Recomputes the state of one cluster from its facts and decisions, and writes what changed.

Runs in the transaction that changed a fact or a decision, with the cluster locked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from registry.core import identity
from registry.core.derive import PersonState, derive
from registry.core.fhir.person import PersonResources
from registry.core.identity import NumberPolicy, Person
from registry.core.knowledge import Knowledge
from registry.core.resource_ids import ResourceIds
from registry.core.statement import Statement
from registry.store import clusters, concerns, facts, resources
from registry.store.concerns import KeyedConcern
from registry.store.facts import KeyedDecision
from registry.store.knowledge import knowledge_for
from registry.store.transaction import Connection, Pool, transact
from registry.store.writing import Writer

Beside = Callable[[Connection, list[int]], Awaitable[None]]
"""Does something in the same transaction; takes the clusters that are locked in it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What recomputing needs besides facts: which numbers identify, and the ids' secret."""

    numbers: NumberPolicy
    ids: ResourceIds


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """All that is kept of one cluster."""

    statements: list[Statement]
    decisions: list[KeyedDecision]
    concerns: list[KeyedConcern]


async def record(
    pool: Pool, statements: Iterable[Statement], rules: Rules, beside: Beside | None = None
) -> bool:
    """Takes the statements of one message; keeps them and recomputes whom they concern, and does
    what is to be done beside, in one transaction. Returns False when all of it was known
    already."""
    stated = list(statements)

    async def work(connection: Connection) -> bool:
        locked: set[int] = set()
        added: list[Statement] = []
        for statement in sorted(stated, key=lambda s: s.identifiers):
            cluster = await _lock_cluster(connection, statement)
            locked.add(cluster)
            if await facts.add_statement(connection, cluster, statement):
                added.append(statement)
        # Looked up again: a later statement of the message may have joined an earlier cluster.
        changed = {await _lock_cluster(connection, s) for s in added}
        for cluster in sorted(changed):
            await recompute(connection, cluster, rules)
        if beside is not None:
            await beside(connection, sorted(locked | changed))
        return bool(added)

    return await transact(pool, work)


async def _lock_cluster(connection: Connection, statement: Statement) -> int:
    return await clusters.lock(connection, statement.named)


async def recompute(connection: Connection, cluster: int, rules: Rules) -> None:
    """Takes a locked cluster; brings its persons' state up to its facts and decisions."""
    stated, is_known = await facts.statements_of(connection, cluster)
    if not is_known and not any(statement.touches_death for statement in stated):
        # Nearly every message is about somebody alive, of whom there is nothing to show.
        return
    now = datetime.now(UTC)
    held = await _with_what_people_said(connection, cluster, stated)
    known = await knowledge_for(connection, stated, held.decisions, held.concerns, now)
    before = await resources.of_cluster(connection, cluster)
    built = [
        PersonResources(state_of(person, held, known), rules.ids, known.directory)
        for person in identity.persons(stated, rules.numbers)
    ]
    writer = Writer(connection, cluster, before, now)
    await writer.write([b for b in built if b.state.is_shown or writer.holds(b.person_id)], built)


async def held_of(connection: Connection, cluster: int) -> ClusterFacts:
    """Takes a cluster; returns all that is kept of it."""
    stated, _ = await facts.statements_of(connection, cluster)
    return await _with_what_people_said(connection, cluster, stated)


async def _with_what_people_said(
    connection: Connection, cluster: int, stated: list[Statement]
) -> ClusterFacts:
    return ClusterFacts(
        stated,
        await facts.decisions_of(connection, cluster),
        await concerns.concerns_of(connection, cluster),
    )


async def recompute_mentioning(pool: Pool, codes: Iterable[str], rules: Rules) -> int:
    """Takes ODS codes whose directory entry, policy or alarms changed; recomputes everybody whose
    state may name them or depend on them. Returns how many clusters that were."""
    wanted = sorted(set(codes))
    async with pool.connection() as connection:
        touched = await facts.clusters_mentioning(connection, wanted)
    for cluster in touched:
        await recompute_one(pool, cluster, rules)
    return len(touched)


async def recompute_one(pool: Pool, cluster: int, rules: Rules) -> None:
    """Takes a cluster; brings it up to date in a transaction of its own."""

    async def work(connection: Connection) -> None:
        if await clusters.lock_one(connection, cluster):
            await recompute(connection, cluster, rules)

    await transact(pool, work)


def state_of(person: Person, held: ClusterFacts, known: Knowledge) -> PersonState:
    """Takes a person of a cluster, what is kept of the cluster and what is known beside; returns
    the person's state."""
    own = {person.key, *person.found_by}
    return derive(
        person,
        [k.decision for k in held.decisions if k.key in own],
        known,
        [k.concern for k in held.concerns if k.key in own],
    )
