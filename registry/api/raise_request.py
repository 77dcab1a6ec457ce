"""Concerns and alarms: create of a ServiceRequest, and the update that takes one back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import orjson

from registry.api.call import Answer, Call
from registry.api.entity_tags import etag, if_match, last_modified
from registry.api.outcomes import FhirError, forbidden, invalid, not_found
from registry.api.own_number import require_own
from registry.api.request_refusals import (
    number_taken,
    refuse_other_changes,
    stale,
    unknown_subject,
)
from registry.api.service import Service
from registry.api.validation.validate import required_valid
from registry.audit.act import Subject
from registry.core import request_reading
from registry.core.concern import Alarm
from registry.core.request_reading import Raised, Referred, UnreadableRequest
from registry.core.statement import Identifier
from registry.core.visibility import view
from registry.store import raising, resources
from registry.store.raising import NumberTaken
from registry.store.resources import Stored
from registry.store.transaction import Connection

Resource = dict[str, Any]


class RaiseRequest:
    """The interactions create and update of a ServiceRequest."""

    def __init__(self, service: Service) -> None:
        self._rules = service.rules
        self._base = service.access.fhir_url

    async def create(self, connection: Connection, call: Call) -> Answer:
        """Answers 201 with the concern or alarm as it is kept. One whose sender numbers its own
        (ServiceRequest.identifier) may be sent again: it stays one. With If-None-Exist, or the
        same in the address, it answers 200 with what is there under that number, and changes
        nothing."""
        organisation = _organisation(call)
        # fhirpy's get_or_create writes the condition into the address.
        condition = call.headers.get("if-none-exist", call.asked or None)
        read, there = await _read_beside(connection, call, organisation)
        if condition is not None:
            require_own(condition, call.body)
        if condition is not None and there is not None:
            return self._located(200, there, call)
        kept = await self._keep(connection, read, call, organisation)
        return self._located(201, kept, call)

    async def update_by_identifier(self, connection: Connection, call: Call) -> Answer:
        """Raises the request under its sender's own number, 201, or puts it in the place of what
        is there under it, 200. 412: it is there in another version than If-Match names."""
        organisation = _organisation(call)
        read, there = await _read_beside(connection, call, organisation)
        require_own(call.asked, call.body)
        wanted = call.headers.get("if-match")
        if wanted is not None and (there is None or there.version != if_match(wanted)):
            raise stale(there.version if there else None)
        kept = await self._keep(connection, read, call, organisation)
        return self._located(201 if there is None else 200, kept, call)

    async def update(self, connection: Connection, call: Call) -> Answer:
        """Answers with the request taken back: of what was sent only the status may differ, and
        only its own organisation may do it. 428 and 412 as for every update."""
        organisation = _organisation(call)
        version = if_match(call.headers.get("if-match"))
        kept = await resources.read(connection, "ServiceRequest", call.resource_id, organisation)
        if kept is None:
            raise not_found()
        if kept.version != version:
            raise stale(kept.version)
        sent = _of_type(call.body)
        if kept.resource["requester"]["identifier"]["value"] != organisation:
            raise forbidden("Only the organisation that raised it can take it back.")
        if sent == view(kept.resource, call.caller.role):
            return _answer(200, kept, call, {})
        refuse_other_changes(view(kept.resource, call.caller.role), sent)
        await self._take_back(connection, kept, call)
        return _answer(200, await _stored(connection, call.resource_id, organisation), call, {})

    async def _keep(
        self, connection: Connection, read: Referred | Alarm, call: Call, organisation: str
    ) -> Stored:
        request_id = await self._raise(connection, read, call, organisation)
        return await _stored(connection, request_id, organisation)

    async def _raise(
        self, connection: Connection, read: Referred | Alarm, call: Call, organisation: str
    ) -> str:
        client = call.caller.client_id
        if isinstance(read, Alarm):
            if call.caller.role != "provider":
                raise forbidden("An alarm is raised by the provider whose service it is about.")
            return await raising.raise_alarm(connection, read, client)
        key = await self._key(connection, read, organisation)
        try:
            return await raising.raise_concern(connection, read, key, client, self._rules)
        except NumberTaken:
            raise number_taken() from None

    def _located(self, status: int, kept: Stored, call: Call) -> Answer:
        path = f"ServiceRequest/{kept.resource['id']}/_history/{kept.version}"
        return _answer(status, kept, call, {"Location": f"{self._base}/{path}"})

    async def _take_back(self, connection: Connection, kept: Stored, call: Call) -> None:
        client, request_id = call.caller.client_id, str(kept.resource["id"])
        if await raising.take_back_alarm(connection, request_id, client):
            return
        number = str(kept.resource["identifier"][0]["value"])
        await raising.take_back_concern(connection, number, client, self._rules)

    async def _key(self, connection: Connection, read: Referred, organisation: str) -> Identifier:
        """The identifier of the person a concern is about."""
        if read.patient_id is not None:
            key = await raising.patient_key(connection, read.patient_id, organisation)
            if key is None:
                raise unknown_subject("There is no such Patient that you may read.")
            return key
        assert read.identifier is not None
        if read.identifier.is_nhs_number and not self._rules.numbers.identifies(read.identifier):
            raise unknown_subject("That is no valid NHS number.")
        return read.identifier


async def _read_beside(
    connection: Connection, call: Call, organisation: str
) -> tuple[Referred | Alarm, Stored | None]:
    """What is raised, and what is there under its number. A request that does not say when it was
    raised was raised when it came first."""
    raised = Raised(organisation, datetime.now(UTC), str(uuid4()))
    read = _read(call.body, raised)
    request_id = await raising.request_of_number(connection, read.number)
    if request_id is None:
        return read, None
    there = await _stored(connection, request_id, organisation)
    first = there.resource.get("authoredOn")
    at = raised.at if first is None else datetime.fromisoformat(first)
    return _read(call.body, replace(raised, at=at)), there


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


async def _stored(connection: Connection, request_id: str, organisation: str) -> Stored:
    kept = await resources.read(connection, "ServiceRequest", request_id, organisation)
    assert kept is not None, "whoever raises a request may read it"
    return kept


def _answer(status: int, kept: Stored, call: Call, headers: dict[str, str]) -> Answer:
    changed = datetime.fromisoformat(kept.resource["meta"]["lastUpdated"])
    said = {"ETag": etag(kept.version), "Last-Modified": last_modified(changed), **headers}
    subjects = (Subject(*kept.key, kept.person, kept.audience),)
    if call.preferences.returned == "minimal":
        return Answer(status, b"", said, subjects)
    return Answer(status, orjson.dumps(view(kept.resource, call.caller.role)), said, subjects)
