"""Sessions on the audit record: who signed in, for whom, who was refused, and who left."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from starlette.requests import Request

from console.record import CLIENT, origin
from console.sign_in.admission import Place
from registry.api.in_process import InProcess
from registry.audit.act import Act, Actor

Happening = Literal["sign-in", "organisation-chosen", "sign-out"]


class SessionRecord:
    """Puts what happens to sessions on the audit record, before it is answered."""

    def __init__(self, api: InProcess) -> None:
        self._api = api

    async def keep(
        self,
        what: Happening,
        request: Request,
        person: str | None,
        place: Place | None = None,
        *,
        status: int = 200,
    ) -> None:
        """Takes what happened, the request, who it was (the identity provider's id; None: nobody
        known), whom they act for, and the status of the answer. FhirError 503 where it cannot be
        put on record: it must not be answered then."""
        organisation = place.organisation if place else None
        actor = Actor(CLIENT, organisation, place.role if place else None, person)
        act = Act(datetime.now(UTC), what, actor, origin(request), status)
        await self._api.keep(act)
