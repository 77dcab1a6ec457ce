"""`POST /national/events`: the door for national events by HTTP, for clients of the role national.

Answered 202 once what is about somebody held is committed. Which of the events that are, is not
said: whether somebody was in hospital is none of the messenger's business.
"""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from registry.access import bearer
from registry.access.bearer import AccessDenied
from registry.api.body import parsed, whole
from registry.api.negotiation import FHIR_JSON, JSON, sent_as
from registry.api.outcomes import FhirError, forbidden
from registry.audit import event
from registry.audit.act import Act, Actor, Origin
from registry.audit.recorder import NotRecorded, Recorder
from registry.limits.buckets import Buckets
from registry.limits.throttling import peer, require_room
from registry.national.event import Event, UnreadableEvent, events
from registry.national.reception import Reception

PATH = "/national/events"
CLOUD_EVENT = "application/cloudevents+json"
CLOUD_EVENTS = "application/cloudevents-batch+json"
MOST_EVENTS = 1000


class Refusals:
    """Puts on record who was refused at the door: the writer of the audit record, and the address
    of our FHIR API as it stands there."""

    def __init__(self, recorder: Recorder, server: str) -> None:
        self._recorder = recorder
        self._server = server

    async def keep(self, request: Request, actor: Actor, status: int) -> None:
        """Takes the request, who made it and the status of the refusal; returns when that is on
        record. FhirError 503 where it cannot be."""
        request_id: str | None = getattr(request.state, "request_id", None)
        act = Act(
            at=datetime.now(UTC),
            interaction="process-message",
            actor=actor,
            origin=Origin(request_id, peer(request) or None),
            status=status,
            asked="Bundle",
        )
        try:
            await self._recorder.keep(event.records(act, self._server))
        except NotRecorded:
            text = "What you asked for cannot be put on record now. Send the request again."
            again = {"Retry-After": "5"}
            raise FhirError(
                503, "transient", "UNABLE_TO_CALL_SERVICE", text, headers=again
            ) from None


def route(reception: Reception, clients: Buckets, addresses: Buckets, refusals: Refusals) -> Route:
    """Takes the reception, how much clients, and addresses without a valid token, have asked, and
    what puts refusals on record; returns the route."""

    async def admit(request: Request) -> None:
        """Lets national clients in. Refuses others, on record."""
        try:
            caller = await bearer.caller(request)
        except AccessDenied as error:
            # Neither the log nor the record is for strangers to fill.
            require_room(addresses, peer(request))
            await refusals.keep(request, Actor(), error.status)
            raise
        require_room(clients, caller.client_id)
        try:
            bearer.require(caller, "Bundle", "create")
            if caller.role != "national":
                raise forbidden("A national event can only be sent by a client of that role.")
        except (AccessDenied, FhirError) as error:
            actor = Actor(caller.client_id, caller.organisation, caller.role)
            await refusals.keep(request, actor, error.status)
            raise

    async def receive(request: Request) -> Response:
        await admit(request)
        sent_as(request.headers.get("content-type"), (FHIR_JSON, JSON, CLOUD_EVENT, CLOUD_EVENTS))
        await reception.take(_read(await whole(request.stream())), "http")
        return Response(status_code=202, headers={"Cache-Control": "no-store"})

    return Route(PATH, receive, methods=["POST"])


def _read(raw: bytes) -> list[Event]:
    try:
        found = events(parsed(raw))
    except UnreadableEvent as error:
        raise FhirError(
            422, "required", "INVALID_RESOURCE", str(error), expression=error.expression
        ) from None
    if len(found) > MOST_EVENTS:
        text = f"One delivery holds {MOST_EVENTS} events at most. Send them in several."
        raise FhirError(413, "too-long", "INVALID_RESOURCE", text)
    return found
