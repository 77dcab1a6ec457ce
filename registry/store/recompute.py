"""Recomputes the state of one cluster from its facts and decisions, and writes what changed.

Runs in the transaction that changed a fact or a decision, with the cluster locked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from registry.core import identity
from registry.core.derive import Involvement, PersonState, derive
from registry.core.identity import NumberPolicy, Person
from registry.core.resource_ids import ResourceIds
from registry.core.resources import PersonResources, ended, replaced, withdrawn
from registry.core.statement import Statement
from registry.directory.organisation import Directory
from registry.store import clusters, facts, leads, organisations, persons, resources
from registry.store.facts import KeyedDecision
from registry.store.resources import Stored
from registry.store.transaction import Connection, Pool, transact

_ENDED = {"cancelled", "entered-in-error", "completed"}
Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rules:
    """What recomputing needs besides facts: which numbers identify, and the ids' secret."""

    numbers: NumberPolicy
    ids: ResourceIds


async def record(pool: Pool, statements: Iterable[Statement], rules: Rules) -> bool:
    """Takes the statements of one message; keeps them and recomputes whom they concern, in one
    transaction. Returns False when all of it was known already."""
    stated = list(statements)

    async def work(connection: Connection) -> bool:
        added = [
            statement
            for statement in sorted(stated, key=lambda s: s.identifiers)
            if await facts.add_statement(
                connection, await _lock_cluster(connection, statement), statement
            )
        ]
        # Looked up again: a later statement of the message may have joined an earlier cluster.
        for cluster in sorted({await _lock_cluster(connection, s) for s in added}):
            await recompute(connection, cluster, rules)
        return bool(added)

    return await transact(pool, work)


async def _lock_cluster(connection: Connection, statement: Statement) -> int:
    return await clusters.lock(connection, statement.named)


async def recompute(connection: Connection, cluster: int, rules: Rules) -> None:
    """Takes a locked cluster; brings its persons' state up to its facts and decisions."""
    stated, is_known = await facts.statements_of(connection, cluster)
    if not is_known and not any(statement.says_died for statement in stated):
        # Nearly every message is about somebody alive, of whom there is nothing to show.
        return
    decisions = await facts.decisions_of(connection, cluster)
    known = identity.persons(stated, rules.numbers)
    directory = await directory_for(connection, stated, decisions)
    before = await resources.of_cluster(connection, cluster)
    built = [
        PersonResources(state_of(person, decisions, directory), rules.ids, directory)
        for person in known
    ]
    writer = _Writer(connection, cluster, before, datetime.now(UTC))
    await writer.write([b for b in built if b.state.death or writer.holds(b.person_id)], built)


async def recompute_mentioning(pool: Pool, codes: Iterable[str], rules: Rules) -> int:
    """Takes ODS codes whose directory entry changed; recomputes everybody whose state may name
    them or depend on them. Returns how many clusters that were."""
    wanted = sorted(set(codes))
    async with pool.connection() as connection:
        touched = await facts.clusters_mentioning(connection, wanted)
    for cluster in touched:

        async def work(connection: Connection, cluster: int = cluster) -> None:
            if await clusters.lock_one(connection, cluster):
                await recompute(connection, cluster, rules)

        await transact(pool, work)
    return len(touched)


async def directory_for(
    connection: Connection, stated: list[Statement], decisions: list[KeyedDecision]
) -> Directory:
    """Takes a cluster's statements and decisions; returns the part of the directory they need."""
    codes = {s.source for s in stated} | {s.practice for s in stated if s.practice}
    codes |= {keyed.decision.organisation for keyed in decisions}
    return await organisations.directory_of(connection, codes)


def state_of(person: Person, decisions: list[KeyedDecision], directory: Directory) -> PersonState:
    """Takes a person of a cluster and the cluster's decisions; returns the person's state."""
    own = {person.key, *person.identifiers}
    return derive(person, [k.decision for k in decisions if k.key in own], directory)


class _Writer:
    """Writes the difference between what is stored of a cluster and what now follows."""

    def __init__(
        self, connection: Connection, cluster: int, before: list[Stored], now: datetime
    ) -> None:
        self._connection = connection
        self._cluster = cluster
        self._before = {stored.key: stored for stored in before}
        self._persons = {stored.person for stored in before}
        self._now = now

    def holds(self, person: str) -> bool:
        return person in self._persons

    async def write(self, shown: list[PersonResources], everyone: list[PersonResources]) -> None:
        await persons.replace(self._connection, self._cluster, shown)
        current: set[tuple[str, str]] = set()
        for built in shown:
            for resource in built.all():
                current.add((resource["resourceType"], resource["id"]))
                await self._write(resource, built.person_id)
        await self._end_the_rest(current, everyone)
        for built in shown:
            await self._involve(built)

    async def _write(self, resource: Resource, person: str) -> None:
        before = self._before.get((resource["resourceType"], resource["id"]))
        if before is None or before.bare != resource or before.person != person:
            written = await resources.write(self._connection, resource, person, before, self._now)
            if written["resourceType"] == "Task":
                await leads.follow(self._connection, written, self._now)

    async def _end_the_rest(
        self, current: set[tuple[str, str]], everyone: list[PersonResources]
    ) -> None:
        by_person = {built.person_id: built for built in everyone}
        for key, stored in self._before.items():
            if key not in current:
                resource = _ended(stored, by_person.get(stored.person), everyone)
                if resource is not None:
                    await self._write(resource, stored.person)

    async def _involve(self, built: PersonResources) -> None:
        """Whoever was ever asked to lead keeps sight of the review, to learn how it ended."""
        reasons = dict(built.state.involvement)
        for stored in self._before.values():
            owner = stored.resource.get("owner", {}).get("identifier", {}).get("value")
            if owner and stored.person == built.person_id:
                reasons[owner] = tuple(sorted({*reasons.get(owner, ()), Involvement.LEAD}))
        await resources.set_involvement(self._connection, built.person_id, reasons)


def _ended(
    stored: Stored, built: PersonResources | None, everyone: list[PersonResources]
) -> Resource | None:
    """A stored resource that no longer follows from the facts, as it now has to read."""
    resource = stored.bare
    if resource["resourceType"] == "Patient":
        return replaced(resource, everyone)
    if resource.get("status") in _ENDED:
        return None
    if resource["resourceType"] != "Task":
        return withdrawn(resource)
    if built is None:
        return ended(resource, "The record was joined with another.", in_error=True)
    return ended(resource, built.state.ended_because, in_error=built.state.death is None)
