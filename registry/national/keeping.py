"""Makes a fact of what was read, in one transaction with the end of its pointer.

It enters as every other fact does: under the lock of its cluster, added to what was stated before,
and followed by a recomputation. Killed before the commit, nothing has happened, and it is read
again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from nhs import addresses
from registry.audit import event as audit_event
from registry.audit import storing
from registry.audit.act import Act, Actor, Origin
from registry.audit.recorder import Recorder
from registry.core import identity
from registry.core.deaths import claims
from registry.core.spells import spells
from registry.core.statement import Statement
from registry.national import cohort_rows, pointers
from registry.national.adjustments import adjustments
from registry.national.demographics import Demographics, demographics
from registry.national.event import Kind
from registry.national.fact import NATION, Asked, of_adjustments, of_demographics
from registry.national.judgement import Answer, Outcome
from registry.national.pointers import Leased
from registry.national.schedule import Pace, last_left, next_reading
from registry.store import clusters, facts, persons
from registry.store.recompute import Rules, recompute
from registry.store.transaction import Connection, Pool, transact

CLIENT = "national-feed"
Fact = Callable[[list[Statement]], Statement | None]
"""What an answer adds to the statements held."""

_CLUSTER = "SELECT cluster FROM identifier WHERE system = %s AND value = %s"


def fact_of(answer: Answer, leased: Leased) -> Fact:
    """Takes a settled answer and what was asked; returns what it adds to what is held. Raises
    UnreadableAnswer."""
    event_id = leased.event_id
    asked = Asked(leased.number, leased.event_type, event_id, leased.at, answer.answer_hash)
    if leased.kind is Kind.DEMOGRAPHICS:
        if answer.outcome is Outcome.NOT_FOUND:
            # A number that the service does not know is no word on anybody's death.
            return lambda _: None
        said = (
            Demographics(leased.number, is_invalidated=True)
            if answer.outcome is Outcome.INVALIDATED
            else demographics(answer.body)
        )
        return lambda held: of_demographics(said, asked, held)
    evidence = adjustments(answer.body) if answer.outcome is Outcome.FOUND else ()
    return lambda held: of_adjustments(evidence, asked, held)


class Keeping:
    """Keeps facts.

    `recorder` has the audit record linked, in which `server` is the address of our FHIR API; `pace`
    says when to ask again (None: never), `reads_flags` whether a death has its person's flags read.
    """

    def __init__(
        self,
        pool: Pool,
        rules: Rules,
        recorder: Recorder,
        server: str,
        pace: Pace | None,
        *,
        reads_flags: bool,
    ) -> None:
        self._pool = pool
        self._rules = rules
        self._recorder = recorder
        self._server = server
        self._pace = pace
        self._reads_flags = reads_flags

    async def keep(self, leased: Leased, fact: Fact) -> bool:
        """Takes a leased pointer and what its reading adds; returns True where that is a new fact.
        Nothing is done where the lease was lost meanwhile: whoever has it reads again."""

        async def work(connection: Connection) -> bool:
            if not await pointers.is_mine(connection, leased):
                return False
            is_new = await self._add(connection, leased, fact)
            await pointers.done(connection, leased)
            return is_new

        is_new = await transact(self._pool, work)
        if is_new:
            self._recorder.sealed_soon()
        return is_new

    async def _add(self, connection: Connection, leased: Leased, fact: Fact) -> bool:
        cluster = await _locked_cluster(connection, leased.number)
        if cluster is None:
            # Forgotten since the event came.
            await cohort_rows.remove(connection, leased.number)
            return False
        held = await facts.statements_of(connection, cluster)
        statement = fact(held)
        if statement is not None:
            cluster = (await facts.take(connection, statement)).cluster
            await recompute(connection, cluster, self._rules)
            await self._put_on_record(connection, cluster, leased)
            held.append(statement)
            if statement.says_died and self._reads_flags:
                # No event may ever have told of a flag that was set before they were held.
                asking = f"died-{leased.event_id}"
                await pointers.point_unasked(connection, leased.number, asking, Kind.ADJUSTMENTS)
        if leased.kind is Kind.DEMOGRAPHICS and self._pace is not None:
            await self._ask_again(connection, leased, held, self._pace)
        return statement is not None

    async def _ask_again(
        self, connection: Connection, leased: Leased, held: list[Statement], pace: Pace
    ) -> None:
        """Only under the current number of somebody: what had it before is the same person."""
        for person in identity.persons(held, self._rules.numbers):
            if (person.key.system, person.key.value) == (addresses.NHS_NUMBER, leased.number):
                left = last_left(spells(person.statements), claims(person.statements))
                on = left and next_reading(left, leased.number, leased.at, pace)
                if on:
                    await cohort_rows.set_next(connection, leased.number, on)
                    return
        await cohort_rows.remove(connection, leased.number)

    async def _put_on_record(self, connection: Connection, cluster: int, leased: Leased) -> None:
        act = Act(
            at=datetime.now(UTC),
            interaction="process-message",
            actor=Actor(CLIENT, NATION, "national"),
            origin=Origin(str(leased.lease)),
            status=200,
            asked="Bundle",
            shown=tuple(await persons.subjects(connection, [cluster])),
        )
        await storing.add(connection, audit_event.records(act, self._server))


async def _locked_cluster(connection: Connection, number: str) -> int | None:
    """The cluster of an NHS number, locked; None where nothing is held of it. Nothing is made:
    whoever is not held stays so."""
    while True:
        found = await connection.execute(_CLUSTER, (addresses.NHS_NUMBER, number))
        row = await found.fetchone()
        if row is None or await clusters.lock_one(connection, row[0]):
            return None if row is None else int(row[0])
