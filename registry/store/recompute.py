"""Recomputes the state of one cluster from its facts and decisions, and writes what changed.

Runs in the transaction that changed a fact or a decision, with the cluster locked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from registry.core import identity
from registry.core.derive import PersonState, derive
from registry.core.fhir.person import PersonResources
from registry.core.identity import NumberPolicy, Person
from registry.core.knowledge import Knowledge
from registry.core.resource_ids import ResourceIds
from registry.core.statement import Statement
from registry.store import clusters, concerns, facts, moment, resources
from registry.store.concerns import KeyedConcern
from registry.store.facts import KeyedDecision, Taken
from registry.store.knowledge import knowledge_for
from registry.store.transaction import Connection, Pool, transact
from registry.store.writing import Writer

Beside = Callable[[Connection, list[int]], Awaitable[None]]
"""Does something in the same transaction; takes the clusters of whom something may be shown."""


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

    stated = sorted(statements, key=lambda s: s.identifiers)

    async def work(connection: Connection) -> bool:
        taken = [await facts.take(connection, statement) for statement in stated]
        if len(taken) == 1:
            shown = await _follow(connection, taken[0], rules)
        else:
            shown = await _follow_all(connection, stated, taken, rules)
        if beside is not None:
            await beside(connection, shown)
        return any(one.is_new for one in taken)

    # Statements that are known already add nothing: so it may run again after all of it was done.
    return await transact(pool, work, is_repeatable=True)


async def _follow(connection: Connection, taken: Taken, rules: Rules) -> list[int]:
    """Takes the one statement of a message; recomputes its cluster where it is new. Returns the
    cluster where something is shown of it."""
    is_shown = taken.is_known
    if taken.is_new:
        is_shown = await _recompute(
            connection, taken.cluster, taken.statements, rules, is_known=taken.is_known
        )
    return [taken.cluster] if is_shown else []


async def _follow_all(
    connection: Connection, stated: list[Statement], taken: list[Taken], rules: Rules
) -> list[int]:
    """Takes the statements of a message, as stated and as taken; recomputes the clusters of those
    that are new. Returns all clusters."""
    # Looked up again: a later statement of the message may have joined an earlier cluster.
    changed = {
        await clusters.lock(connection, said.named)
        for said, one in zip(stated, taken, strict=True)
        if one.is_new
    }
    for cluster in sorted(changed):
        await recompute(connection, cluster, rules)
    return sorted({one.cluster for one in taken} | changed)


async def recompute(connection: Connection, cluster: int, rules: Rules) -> None:
    """Takes a locked cluster; brings its persons' state up to its facts and decisions."""
    stated, is_known = await facts.statements_of(connection, cluster)
    await _recompute(connection, cluster, stated, rules, is_known=is_known)


async def _recompute(
    connection: Connection, cluster: int, stated: list[Statement], rules: Rules, *, is_known: bool
) -> bool:
    """Returns False where there is nothing to show of the cluster's persons."""
    if not is_known and not any(statement.touches_death for statement in stated):
        # Nearly every message is about somebody alive.
        return False
    now = await moment.stamp(connection)
    held = await _with_what_people_said(connection, cluster, stated)
    known = await knowledge_for(connection, stated, held.decisions, held.concerns, now)
    before = await resources.of_cluster(connection, cluster)
    built = [
        PersonResources(state_of(person, held, known), rules.ids, known.directory)
        for person in identity.persons(stated, rules.numbers)
    ]
    writer = Writer(connection, cluster, before, now)
    await writer.write([b for b in built if b.state.is_shown or writer.holds(b.person_id)], built)
    return True


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
