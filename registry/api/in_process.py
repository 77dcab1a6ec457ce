"""The FHIR API for the pages of this process: the same interactions, the same eyes, the same record
as for whoever asks by HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson

from registry.access.bearer import AccessDenied
from registry.access.caller import Caller
from registry.api.asking_again import fingerprint
from registry.api.auditing import Ledger
from registry.api.call import Answer, Call
from registry.api.interactions import WRITING, match
from registry.api.negotiation import FHIR_JSON
from registry.api.outcomes import FhirError
from registry.api.performing import Asked, Performing
from registry.api.service import Service
from registry.audit.act import Act, Actor, Origin
from registry.store import changes
from registry.store.reader import as_reader
from registry.store.transaction import Connection

Resource = dict[str, Any]
Result = TypeVar("Result")


class InProcess:
    """Asks the service of this process for somebody."""

    def __init__(self, service: Service) -> None:
        self._service = service
        # A page is drawn anew when `mark` changes, and what it then shows has to be the newest.
        self._performing = Performing(replace(service, replicas=None))

    async def read(
        self,
        caller: Caller,
        path: str,
        asked: Sequence[tuple[str, str]] = (),
        origin: Origin | None = None,
    ) -> Answer:
        """Takes who asks, a path below the FHIR base (`Task`, `Task/1`), the search parameters and
        where the request comes from; returns the answer. FhirError as the API would answer."""
        return await self._ask("GET", caller, path, tuple(asked), {}, None, None, origin)

    async def write(
        self,
        method: str,
        caller: Caller,
        path: str,
        body: Any,
        headers: Mapping[str, str],
        request_id: UUID | None = None,
        media_type: str = FHIR_JSON,
        origin: Origin | None = None,
    ) -> Answer:
        """As `read`, for POST, PUT and PATCH. The same request id again is answered as the first
        time, and nothing is done twice."""
        sent = (body, media_type)
        return await self._ask(method, caller, path, (), headers, sent, request_id, origin)

    async def mark(self, caller: Caller, resource_type: str) -> str:
        """Takes who asks and a type; returns a text that is another whenever something of the type
        that they may read has changed. It tells nothing about anybody, so it is not on record."""
        async with self._service.pool.connection() as connection:
            await as_reader(connection, caller.organisation, caller.role)
            return await changes.mark(connection, caller.organisation or "", resource_type)

    async def reading(
        self, caller: Caller, work: Callable[[Connection], Awaitable[Result]]
    ) -> Result:
        """Takes who asks and what reads; returns what it read, as the caller and under row-level
        security: for what has no form of its own in FHIR. It is not put on record (`note`)."""
        async with self._service.pool.connection() as connection:
            await as_reader(connection, caller.organisation, caller.role)
            return await work(connection)

    async def note(
        self, caller: Caller, interaction: str, asked: str, origin: Origin, status: int = 200
    ) -> None:
        """Takes who did what to what (`registry.audit.event` knows both), from where, and how it
        ended as an HTTP status; returns when it is on record. FhirError 503: it cannot be."""
        person = caller.person and caller.person.uid
        actor = Actor(caller.client_id, caller.organisation, caller.role, person)
        act = Act(datetime.now(UTC), interaction, actor, origin, status, asked)
        await self._performing.auditing.keep_alone(act)

    async def keep(self, act: Act) -> None:
        """Takes an act that is none of the API's, as a sign-in is; returns when it is on record.
        FhirError 503 where that cannot be: it must not be answered then."""
        await self._performing.auditing.keep_alone(act)

    async def _ask(
        self,
        method: str,
        caller: Caller,
        path: str,
        asked: tuple[tuple[str, str], ...],
        headers: Mapping[str, str],
        sent: tuple[Any, str] | None,
        request_id: UUID | None,
        origin: Origin | None,
    ) -> Answer:
        found = match(method, path)
        body, media_type = sent or (None, FHIR_JSON)
        call = Call(
            caller,
            found.resource_type,
            found.resource_id,
            found.version,
            asked,
            {name.lower(): value for name, value in headers.items()},
            body,
            media_type,
            origin=origin or Origin(),
        )
        ledger = Ledger()
        try:
            if found.code in WRITING:
                # All people come as one client, so whose it is is part of what was asked.
                who = [caller.organisation, caller.person and caller.person.uid]
                said = orjson.dumps([who, sorted(call.headers.items()), body])
                asked_as = Asked(request_id, fingerprint(method.encode(), path.encode(), said))
                answer = await self._performing.write(found, call, asked_as, ledger)
            else:
                answer = await self._performing.read(found, call, ledger)
        except (FhirError, AccessDenied):
            await self._performing.auditing.settle(ledger)
            raise
        # Not shown before it is on record that it was.
        await self._performing.auditing.settle(ledger)
        return answer
