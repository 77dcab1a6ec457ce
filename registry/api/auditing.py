"""Every interaction on the record is done here: for its caller's eyes alone, and put on record.

A write's record is in the transaction of the write. What is only read, and what is refused, is
noted in the request's ledger, and the request is answered when that is committed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from registry.access.caller import Caller
from registry.api.call import Answer, Call, Interaction
from registry.api.handlers import Handlers
from registry.api.interactions import EXPORTING, WRITING, Match, is_definitional
from registry.api.outcomes import FhirError
from registry.api.reading_manner import manner
from registry.audit import event, query, storing
from registry.audit.act import Act, Actor, Origin, Subject
from registry.audit.query import Hashing
from registry.audit.recorder import NotRecorded, Recorder
from registry.core.visibility import may_see
from registry.store import reached
from registry.store.reader import as_reader, as_writer
from registry.store.transaction import Connection, Pool


@dataclass(frozen=True, slots=True)
class Noted:
    """An act to be put on record, and the call it came by (None: of nobody we know)."""

    act: Act
    call: Call | None = None


@dataclass
class Ledger:
    """What one request did that has still to be put on record."""

    noted: list[Noted] = field(default_factory=list[Noted])
    marked: set[str] = field(default_factory=set[str])
    """Clients that no standby may show an older state of what this request shows."""


class Auditing:
    """The interactions of the handlers, each done as the caller and noted."""

    def __init__(
        self, handlers: Handlers, pool: Pool, recorder: Recorder, hashing: Hashing, server: str
    ) -> None:
        self._handlers = handlers
        self._pool = pool
        self._recorder = recorder
        self._hashing = hashing
        self._server = server

    def find(self, found: Match, call: Call, ledger: Ledger) -> Interaction:
        """Takes what is asked for, the call, and the request's ledger; returns what does it. What
        it may refuse, it refuses when it is done."""
        if is_definitional(found.code, found.resource_type) or found.code == "validate":
            return self._handlers.find(found, call)

        async def audited(connection: Connection, call: Call) -> Answer:
            try:
                interaction = self._handlers.find(found, call)
                if found.code in WRITING:
                    return await self._written(connection, found, call, interaction)
                return await self._read(connection, found, call, interaction, ledger)
            except FhirError as error:
                ledger.noted.append(Noted(self.act(found, call, error.status), call))
                raise

        return audited

    def act(self, found: Match, call: Call, status: int, shown: Sequence[Subject] = ()) -> Act:
        """Takes an interaction, its call, the status of its answer and what it showed; returns it
        as an act."""
        is_search = found.code == "search-type"
        return Act(
            at=datetime.now(UTC),
            interaction=found.code,
            actor=_actor(call.caller),
            origin=call.origin,
            status=status,
            asked=self._asked(found),
            query=query.redacted(found.resource_type, call.asked, self._hashing)
            if is_search
            else None,
            shown=tuple(shown),
        )

    def _asked(self, found: Match) -> str:
        # An export that is not there has no name.
        if found.code in EXPORTING and not found.resource_type:
            return ""
        return query.reference(found.resource_type, found.resource_id, found.version, self._hashing)

    async def keep(self, connection: Connection, *acts: Act) -> None:
        """Takes acts; puts them on record in the transaction of the connection. Their clients see
        what that wrote wherever they read from now on."""
        clients = {act.actor.client for act in acts if act.actor.client is not None}
        records = [one for act in acts for one in event.records(act, self._server)]
        await storing.add(connection, records, clients)

    async def settle(self, ledger: Ledger) -> None:
        """Takes a request's ledger; returns when all of it is on record. FhirError 503 where that
        cannot be: the request must not be answered then."""
        self._recorder.sealed_soon()
        if ledger.noted:
            acts = [await self._completed(noted) for noted in ledger.noted]
            await self.keep_alone(*acts, marked=ledger.marked)

    async def keep_alone(self, *acts: Act, marked: Collection[str] = ()) -> None:
        """Takes acts, and the clients that leave a mark with them; returns when they are on record,
        in no transaction of ours. FhirError 503 as for `settle`."""
        records = [r for act in acts for r in event.records(act, self._server)]
        try:
            await self._recorder.keep(records, marked)
        except NotRecorded:
            text = "What you asked for cannot be put on record now. Send the request again."
            raise FhirError(
                503, "transient", "UNABLE_TO_CALL_SERVICE", text, headers={"Retry-After": "5"}
            ) from None

    async def _written(
        self, connection: Connection, found: Match, call: Call, interaction: Interaction
    ) -> Answer:
        answer = await interaction(connection, call)
        act = self.act(found, call, answer.status, answer.shown)
        await self.keep(connection, replace(act, asked=answer.recorded_as or act.asked))
        return answer

    async def _read(
        self,
        connection: Connection,
        found: Match,
        call: Call,
        interaction: Interaction,
        ledger: Ledger,
    ) -> Answer:
        who = call.caller
        await as_reader(connection, who.organisation, who.role, manner(found, call.asked))
        answer = await interaction(connection, call)
        if call.is_in_bundle:
            await as_writer(connection)
        # The record is not itself put on record row by row: it would grow by being read.
        shown = () if found.resource_type == "AuditEvent" else answer.shown
        act = self.act(found, call, answer.status, shown)
        # How far an export is shows nothing; clients ask for it every few seconds.
        if found.code != "export-status":
            act = replace(act, asked=answer.recorded_as or act.asked)
            ledger.noted.append(Noted(act, call))
        return answer

    async def _completed(self, noted: Noted) -> Act:
        """The act with what it reached for and did not get."""
        act, call = noted.act, noted.call
        if call is None:
            return act
        organisation = call.caller.organisation
        if act.query is not None:
            named = query.named(call.resource_type, call.asked)
            if len(named) <= len({one.person for one in act.shown}):
                return act
            async with self._pool.connection() as connection:
                theirs, others = await reached.people(
                    connection, organisation, named.identifiers, named.ids
                )
            known = {one.person for one in act.shown}
            more = [one for one in theirs if one.person not in known]
            return replace(act, shown=(*act.shown, *more), hidden=tuple(others))
        if act.is_done or not call.resource_id:
            return act
        async with self._pool.connection() as connection:
            theirs, others = await reached.resource(
                connection, organisation, call.resource_type, call.resource_id
            )
        if not may_see(call.caller.role, call.resource_type):
            theirs, others = [], [*theirs, *others]
        return replace(act, shown=tuple(theirs), hidden=tuple(others))


def denied(found: Match, origin: Origin) -> Act:
    """Takes what was asked for by somebody whose token was not taken, and from where; returns it
    as an act. The address is theirs to write, so only the type is kept."""
    return Act(
        at=datetime.now(UTC),
        interaction=found.code,
        actor=Actor(),
        origin=origin,
        status=401,
        asked=found.resource_type,
    )


def _actor(caller: Caller) -> Actor:
    person = caller.person and caller.person.uid
    return Actor(caller.client_id, caller.organisation, caller.role, person)
