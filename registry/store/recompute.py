"""Recomputes the state of one cluster from its facts and decisions, and writes what changed.

Runs in the transaction that changed a fact or a decision, with the cluster locked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from registry.core import identity
from registry.core.derive import PersonState, derive
from registry.core.fhir.person import PersonResources
from registry.core.identity import NumberPolicy, Person
from registry.core.knowledge import Knowledge
from registry.core.resource_ids import ResourceIds
from registry.core.statement import Statement
from registry.request_id import answering
from registry.store import clusters, facts
from registry.store import kept as kept_of_cluster
from registry.store.facts import Taken
from registry.store.kept import ClusterFacts, Kept
from registry.store.knowledge import knowledge_for
from registry.store.resources import Stored
from registry.store.transaction import Connection, Pool, transact
from registry.store.writing import Writer

Beside = Callable[[Connection, list[int]], Awaitable[None]]
"""Does something in the same transaction; takes the clusters of whom something may be shown."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What recomputing needs besides facts: which numbers identify, and the ids' secret."""

    numbers: NumberPolicy
    ids: ResourceIds


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


@dataclass(frozen=True, slots=True)
class Told:
    """The statement of one message among several, and the request id it came under."""

    statement: Statement
    request_id: str | None = None


async def record_together(
    pool: Pool,
    told: Sequence[Told],
    rules: Rules,
    beside: Callable[[Connection, list[list[int]]], Awaitable[None]],
) -> None:
    """Takes the statements of several messages; keeps them all and recomputes whom they concern in
    one transaction, or none of them. `beside` does something in it; it takes, for each message in
    order, the clusters of whom something may be shown."""
    # In one order everywhere, so that two of these seldom wait for each other.
    in_order = sorted(range(len(told)), key=lambda at: told[at].statement.identifiers)

    async def work(connection: Connection) -> None:
        taken = await facts.take_each(connection, [told[at].statement for at in in_order])
        shown: list[list[int]] = [[] for _ in told]
        done: set[int] = set()
        for at, one in zip(in_order, taken, strict=True):
            if not one.is_known and not _touches_death(one.statements):
                continue
            # Looked up again: a later statement may have joined the cluster.
            cluster = await clusters.lock(connection, told[at].statement.named)
            if one.is_new and cluster not in done:
                done.add(cluster)
                with answering(told[at].request_id):
                    await recompute(connection, cluster, rules)
            shown[at] = [cluster]
        await beside(connection, shown)

    await transact(pool, work, is_repeatable=True)


async def _follow(connection: Connection, taken: Taken, rules: Rules) -> list[int]:
    """Takes the one statement of a message; recomputes its cluster where it is new. Returns the
    cluster where something is shown of it."""
    if not taken.is_known and not _touches_death(taken.statements):
        # Nearly every message is about somebody alive.
        return []
    if taken.is_new:
        kept = await kept_of_cluster.all_of(connection, taken.cluster, taken.statements)
        await follow(connection, taken.cluster, kept, rules)
    return [taken.cluster]


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


async def recompute(connection: Connection, cluster: int, rules: Rules) -> list[Stored]:
    """Takes a locked cluster; brings its persons' state up to its facts and decisions. Returns the
    resources that are shown of them."""
    kept = await kept_of_cluster.all_of(connection, cluster)
    if not kept.is_known and not _touches_death(kept.facts.statements):
        return []
    return await follow(connection, cluster, kept, rules)


def _touches_death(stated: list[Statement]) -> bool:
    return any(statement.touches_death for statement in stated)


async def follow(connection: Connection, cluster: int, kept: Kept, rules: Rules) -> list[Stored]:
    """Takes a locked cluster and all that is kept of it; brings what is shown of its persons up to
    what was said of them. Returns the resources that are shown."""
    known = await knowledge_for(connection, kept.facts, kept.now)
    built = [
        PersonResources(state_of(person, kept.facts, known), rules.ids, known.directory)
        for person in identity.persons(kept.facts.statements, rules.numbers)
    ]
    writer = Writer(connection, cluster, kept)
    await writer.write([b for b in built if b.state.is_shown or writer.holds(b.person_id)], built)
    return writer.stored


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


def state_of(person: Person, facts: ClusterFacts, known: Knowledge) -> PersonState:
    """Takes a person of a cluster, what was said of the cluster and what is known beside; returns
    the person's state."""
    own = {person.key, *person.found_by}
    return derive(
        person,
        [k.decision for k in facts.decisions if k.key in own],
        known,
        [k.concern for k in facts.concerns if k.key in own],
    )
