"""The FHIR API as HTTP: from a request to a call, and from its answer to a response."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from registry.access import bearer
from registry.access.bearer import AccessDenied
from registry.access.caller import Caller
from registry.api import bundles
from registry.api.asking_again import fingerprint
from registry.api.auditing import Auditing, Ledger, Noted, denied
from registry.api.body import parsed, whole
from registry.api.call import Answer, Call, Interaction
from registry.api.capability import Capability
from registry.api.interactions import MAY_BE_EMPTY, WRITING, Match, address, is_definitional
from registry.api.messages import Messages
from registry.api.negotiation import FHIR_JSON, FORM, JSON, answered_as, preferences, sent_as
from registry.api.outcomes import FhirError
from registry.api.patch.patching import MEDIA_TYPES
from registry.api.performing import Asked, Performing
from registry.api.search.values import identifier
from registry.api.service import Service
from registry.audit.act import Origin
from registry.limits.throttling import peer, require_room
from registry.metrics import ROUTE_TEMPLATE
from registry.store.transaction import Connection, transact

_log = logging.getLogger(__name__)

BASE = "/fhir"
_FORMAT, _PRETTY = "_format", "_pretty"
_NOBODY = Caller("", None, "national", frozenset())


@dataclass(frozen=True, slots=True)
class _Form:
    """How the answer is written: its media type, and whether for people to read."""

    media_type: str = FHIR_JSON
    is_pretty: bool = False


class FhirEndpoint:
    """Everything below the FHIR base."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._base = service.access.fhir_url
        self._performing = Performing(service)
        self._auditing = self._performing.auditing
        self._capability = Capability(service.access)
        self._messages = Messages(service, self._auditing)

    @property
    def auditing(self) -> Auditing:
        """What puts the interactions on record."""
        return self._auditing

    async def __call__(self, request: Request) -> Response:
        """Answers a request. FhirError and AccessDenied are refusals, for the application to
        answer."""
        # Not the URL's, from which a line's end is left out.
        path: str = request.scope["path"]
        asked_at = address(path.removeprefix(BASE).removeprefix("/"))
        if asked_at.template is not None:
            request.scope[ROUTE_TEMPLATE] = f"{BASE}/{asked_at.template}".rstrip("/")
        found = asked_at.asked(request.method)
        formats = request.query_params.getlist(_FORMAT)
        form = _Form(
            # A file is what the export made of it, whatever else the client would take.
            FHIR_JSON
            if found.code == "export-file"
            else answered_as(request.headers.get("accept"), formats),
            request.query_params.get(_PRETTY) == "true",
        )
        if found.resource_id and not identifier(found.resource_id):
            text = "The id in the address cannot be an id: A-Z, a-z, 0-9, - and ., up to 64."
            raise FhirError(400, "invalid", "INVALID_RESOURCE_ID", text)
        ledger = Ledger()
        try:
            answer = await self._answer(request, found, ledger)
        except (FhirError, AccessDenied):
            await self._auditing.settle(ledger)
            raise
        # Not answered before it is on record that it was.
        await self._auditing.settle(ledger)
        return _response(answer, form, is_head=request.method == "HEAD")

    async def _answer(self, request: Request, found: Match, ledger: Ledger) -> Answer:
        if found.code == "capabilities":
            return self._capability.answer(request.headers.get("if-none-match"))
        if is_definitional(found.code, found.resource_type):
            call = await self._call(request, found, _NOBODY, b"")
            return await self._performing.read(found, call, ledger)
        caller = await self._caller(request, found, ledger)
        raw = await whole(request.stream())
        if found.code == "process-message":
            return await self._message_alone(request, found, caller, raw, ledger)
        call = await self._call(request, found, caller, raw)
        if found.code == "transaction":
            return await self._bundle(request, found, call, raw, ledger)
        if found.code in WRITING:
            return await self._performing.write(found, call, _asked(request, raw), ledger)
        return await self._performing.read(found, call, ledger)

    async def _caller(self, request: Request, found: Match, ledger: Ledger) -> Caller:
        try:
            caller = await bearer.caller(request)
        except AccessDenied:
            # Neither the log nor the record is for strangers to fill.
            require_room(self._service.addresses, peer(request))
            ledger.noted.append(Noted(denied(found, _origin(request))))
            raise
        require_room(self._service.clients, caller.client_id)
        return caller

    async def _message_alone(
        self, request: Request, found: Match, caller: Caller, raw: bytes, ledger: Ledger
    ) -> Answer:
        def body() -> Any:
            sent_as(request.headers.get("content-type"), (FHIR_JSON, JSON))
            return parsed(raw)

        call = Call(caller, "", origin=_origin(request))
        return await self._messages.alone(found, call, body, ledger)

    async def _bundle(
        self, request: Request, found: Match, call: Call, raw: bytes, ledger: Ledger
    ) -> Answer:
        bundle = bundles.checked(call.body)

        def find(found: Match, call: Call) -> Interaction:
            return self._auditing.find(found, call, ledger)

        if bundle["type"] == "batch":
            holds_only_messages = True

            async def each(work: Callable[[Connection], Awaitable[Answer]]) -> Answer:
                nonlocal holds_only_messages
                holds_only_messages = False
                return await transact(self._service.pool, work)

            answer = await bundles.batch(
                bundle,
                call,
                find,
                self._base,
                each,
                lambda told: self._messages.in_batch(told, ledger),
            )
            if not holds_only_messages:
                self._performing.wake_clock(found)
            return answer

        async def work(connection: Connection) -> Answer:
            return await bundles.transaction(connection, bundle, call, find, self._base)

        return await self._performing.write_by(found, call, _asked(request, raw), work, ledger)

    async def _call(self, request: Request, found: Match, caller: Caller, raw: bytes) -> Call:
        asked = [
            (name, value)
            for name, value in request.query_params.multi_items()
            if name not in (_FORMAT, _PRETTY)
        ]
        body: Any = None
        media_type = FHIR_JSON
        content_type = request.headers.get("content-type")
        if found.code == "search-type" and request.method == "POST":
            if raw or content_type:
                sent_as(content_type, (FORM,))
            asked += parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
        elif request.method in ("POST", "PUT", "PATCH") and (raw or found.code not in MAY_BE_EMPTY):
            allowed = MEDIA_TYPES if found.code == "patch" else (FHIR_JSON, JSON)
            media_type = sent_as(content_type, allowed)
            body = parsed(raw)
        return Call(
            caller,
            found.resource_type,
            found.resource_id,
            found.version,
            tuple(asked),
            request.headers,
            body,
            media_type,
            preferences(request.headers.get("prefer")),
            _origin(request),
        )


def _origin(request: Request) -> Origin:
    request_id: str | None = getattr(request.state, "request_id", None)
    return Origin(request_id, request.client.host if request.client else None)


def _asked(request: Request, raw: bytes) -> Asked:
    names = ("if-match", "if-none-exist", "prefer", "content-type")
    said = [request.headers.get(name, "").encode() for name in names]
    address = f"{request.url.path}?{request.url.query}".encode()
    return Asked(_request_id(request), fingerprint(request.method.encode(), address, *said, raw))


def _request_id(request: Request) -> UUID | None:
    try:
        return UUID(request.headers.get("x-request-id", ""))
    except ValueError:
        return None


def _response(answer: Answer, form: _Form, *, is_head: bool) -> Response:
    headers = {"Cache-Control": "no-store", **answer.headers}
    if answer.stream is not None and not is_head:
        return StreamingResponse(answer.stream, answer.status, headers)
    if not answer.content:
        return Response(b"", answer.status, headers)
    content = answer.content
    if form.is_pretty:
        content = orjson.dumps(orjson.loads(content), option=orjson.OPT_INDENT_2)
    if is_head:
        headers["Content-Length"] = str(len(content))
        content = b""
    return Response(content, answer.status, headers, form.media_type)
