"""Concerns and alarms: create of a ServiceRequest, and the update that takes one back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import orjson

from registry.api.call import Answer, Call
from registry.api.entity_tags import etag, if_match, last_modified
from registry.api.outcomes import FhirError, forbidden, invalid, not_found
from registry.api.service import Service
from registry.api.validation.validate import required_valid
from registry.core import request_reading
from registry.core.concern import Alarm
from registry.core.request_reading import Raised, Referred, UnreadableRequest
from registry.core.statement import Identifier
from registry.core.visibility import view
from registry.store import raising, resources
from registry.store.resources import Stored
from registry.store.transaction import Connection

Resource = dict[str, Any]


class RaiseRequest:
    """The interactions create and update of a ServiceRequest."""

    def __init__(self, service: Service) -> None:
        self._rules = service.rules
        self._base = service.access.fhir_url
        self._wake = service.wake_clock

    async def create(self, connection: Connection, call: Call) -> Answer:
        """Answers 201 with the concern or alarm as it is kept. One whose sender numbers its own
        (ServiceRequest.identifier) may be sent again: it stays one."""
        organisation = _organisation(call)
        read = _read(call.body, Raised(organisation, datetime.now(UTC), str(uuid4())))
        request_id = await self._keep(connection, read, call, organisation)
        kept = await _stored(connection, request_id, organisation)
        location = f"{self._base}/ServiceRequest/{request_id}/_history/{kept.version}"
        return _answer(201, kept, call, {"Location": location})

    async def update(self, connection: Connection, call: Call) -> Answer:
        """Answers with the request taken back: of what was sent only the status may differ, and
        only its own organisation may do it. 428 and 412 as for every update."""
        organisation = _organisation(call)
        version = if_match(call.headers.get("if-match"))
        kept = await resources.read(connection, "ServiceRequest", call.resource_id, organisation)
        if kept is None:
            raise not_found()
        if kept.version != version:
            text = f"The request is now version {kept.version}: read it again."
            raise FhirError(412, "conflict", "RESOURCE_VERSION_MISMATCH", text)
        sent = _of_type(call.body)
        if kept.resource["requester"]["identifier"]["value"] != organisation:
            raise forbidden("Only the organisation that raised it can take it back.")
        if sent == view(kept.resource, call.caller.role):
            return _answer(200, kept, call, {})
        _refuse_other_changes(view(kept.resource, call.caller.role), sent)
        await self._take_back(connection, kept, call)
        return _answer(200, await _stored(connection, call.resource_id, organisation), call, {})

    async def _keep(
        self, connection: Connection, read: Referred | Alarm, call: Call, organisation: str
    ) -> str:
        client = call.caller.client_id
        if isinstance(read, Alarm):
            if call.caller.role != "provider":
                raise forbidden("An alarm is raised by the provider whose service it is about.")
            self._wake()
            return await raising.raise_alarm(connection, read, client, datetime.now(UTC))
        key = await self._key(connection, read, organisation)
        return await raising.raise_concern(connection, read, key, client, self._rules)

    async def _take_back(self, connection: Connection, kept: Stored, call: Call) -> None:
        client, request_id = call.caller.client_id, str(kept.resource["id"])
        if await raising.take_back_alarm(connection, request_id, client, datetime.now(UTC)):
            self._wake()
            return
        number = str(kept.resource["identifier"][0]["value"])
        await raising.take_back_concern(connection, number, client, self._rules)

    async def _key(self, connection: Connection, read: Referred, organisation: str) -> Identifier:
        """The identifier of the person a concern is about."""
        if read.patient_id is not None:
            key = await raising.patient_key(connection, read.patient_id, organisation)
            if key is None:
                raise _unknown_subject("There is no such Patient that you may read.")
            return key
        assert read.identifier is not None
        if read.identifier.is_nhs_number and not self._rules.numbers.identifies(read.identifier):
            raise _unknown_subject("That is no valid NHS number.")
        return read.identifier


def _organisation(call: Call) -> str:
    if call.caller.organisation is None:
        raise forbidden("A concern or alarm is raised by an organisation.")
    return call.caller.organisation


def _of_type(sent: Any) -> Resource:
    if not isinstance(sent, dict) or cast(Resource, sent).get("resourceType") != "ServiceRequest":
        raise invalid("The body must be a ServiceRequest.", "ServiceRequest")
    return required_valid(cast(Resource, sent))


def _read(sent: Any, raised: Raised) -> Referred | Alarm:
    try:
        return request_reading.read(_of_type(sent), raised)
    except UnreadableRequest as error:
        raise FhirError(
            422, "value", "INVALID_RESOURCE", str(error), expression=error.expression
        ) from None


def _unknown_subject(text: str) -> FhirError:
    return FhirError(422, "value", "INVALID_VALUE", text, expression="ServiceRequest.subject")


def _refuse_other_changes(seen: Resource, sent: Resource) -> None:
    names = {name for name in {*seen, *sent} - {"meta"} if seen.get(name) != sent.get(name)}
    if names != {"status"} or sent["status"] not in ("revoked", "entered-in-error"):
        raise FhirError(
            422,
            "business-rule",
            "INVALID_VALUE",
            "A request can only be taken back: status revoked or entered-in-error, and nothing "
            "else changed.",
            expression="ServiceRequest.status",
        )


async def _stored(connection: Connection, request_id: str, organisation: str) -> Stored:
    kept = await resources.read(connection, "ServiceRequest", request_id, organisation)
    assert kept is not None, "whoever raises a request may read it"
    return kept


def _answer(status: int, kept: Stored, call: Call, headers: dict[str, str]) -> Answer:
    changed = datetime.fromisoformat(kept.resource["meta"]["lastUpdated"])
    said = {"ETag": etag(kept.version), "Last-Modified": last_modified(changed), **headers}
    if call.preferences.returned == "minimal":
        return Answer(status, b"", said)
    return Answer(status, orjson.dumps(view(kept.resource, call.caller.role)), said)
