"""An interaction done: read or written, on record, and woken for what follows from it. Whoever asks
by HTTP comes through here, and so does the console, which asks in this process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from registry.api.asking_again import once
from registry.api.auditing import Auditing, Ledger, Noted
from registry.api.call import Answer, Call, Interaction
from registry.api.from_replica import follows_from, is_replicated
from registry.api.handlers import Handlers
from registry.api.interactions import Match
from registry.api.outcomes import FhirError
from registry.api.service import Service
from registry.replicas.reading import Replicas
from registry.replicas.standby import Behind
from registry.store.transaction import Connection, transact


@dataclass(frozen=True, slots=True)
class Asked:
    """How a write was asked for: its request id (None: it has none) and the fingerprint of all that
    makes it this request and no other."""

    request_id: UUID | None
    fingerprint: bytes


class Performing:
    """Does the interactions of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.auditing = Auditing(
            Handlers(service),
            service.pool,
            service.recorder,
            service.hashing,
            service.access.fhir_url,
        )

    async def read(self, found: Match, call: Call, ledger: Ledger) -> Answer:
        """Takes what is asked for, the call and the request's ledger; returns the answer."""
        interaction = self.auditing.find(found, call, ledger)
        replicas = self._service.replicas
        if replicas is not None and is_replicated(found):
            try:
                return await self._read_from(replicas, interaction, call)
            except Behind:
                ledger.noted.clear()
                ledger.marked.add(call.caller.client_id)
        async with self._service.pool.connection() as connection:
            try:
                return await interaction(connection, call)
            except FhirError as error:
                refusal = error
        # Raised when the transaction has ended: psycopg forgets what it prepared on a connection
        # that is rolled back, and here is nothing to be undone.
        raise refusal

    async def _read_from(self, replicas: Replicas, interaction: Interaction, call: Call) -> Answer:
        position = follows_from(call, self._service.page_tokens)
        if position is None:
            raise Behind("behind")
        return await replicas.read(
            call.caller.client_id, position, lambda connection: interaction(connection, call)
        )

    async def write(self, found: Match, call: Call, asked: Asked, ledger: Ledger) -> Answer:
        """As `read`, for an interaction that changes something."""
        interaction = self.auditing.find(found, call, ledger)
        return await self.write_by(found, call, asked, lambda c: interaction(c, call), ledger)

    async def write_by(
        self,
        found: Match,
        call: Call,
        asked: Asked,
        work: Callable[[Connection], Awaitable[Answer]],
        ledger: Ledger,
    ) -> Answer:
        """Takes what is asked for, the call, how it was asked, what does it in one transaction, and
        the request's ledger; returns the answer, that of the first time where it was asked for
        before."""
        is_done = False

        async def all_of_it(connection: Connection) -> Answer:
            async def first_time() -> Answer:
                nonlocal is_done
                is_done = True
                return await work(connection)

            client = call.caller.client_id
            return await once(connection, client, asked.request_id, asked.fingerprint, first_time)

        # Under its request id it is done once, however often it runs.
        is_repeatable = asked.request_id is not None
        answer = await transact(self._service.pool, all_of_it, is_repeatable=is_repeatable)
        self.wake_clock(found)
        if not is_done:
            # The answer of the first time is shown once more.
            ledger.noted.append(Noted(self.auditing.act(found, call, answer.status), call))
        return answer

    def wake_clock(self, found: Match) -> None:
        """An alarm, alone or in a Bundle, is followed as soon as it is committed, and not before:
        until then nobody else sees what it marked."""
        if found.code == "transaction" or found.resource_type == "ServiceRequest":
            self._service.wake_clock()
        if found.code in ("export", "export-patient", "export-group"):
            self._service.wake_exporter()
