"""`POST /fhir/$process-message`: takes an adapter's message Bundle, keeps its facts, recomputes."""

from __future__ import annotations

from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

import orjson
from fhir.resources.R4B.bundle import Bundle
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from nhs import addresses
from registry.access.caller import Caller
from registry.api.answers import fhir
from registry.api.outcomes import FhirError, forbidden, invalid
from registry.api.service import Service
from registry.core import bundle_reading
from registry.core.bundle_reading import UnreadableBundle
from registry.store.recompute import record

Resource = dict[str, Any]
MAX_BODY = 4 * 1024 * 1024
_JSON_TYPES = {"application/fhir+json", "application/json"}


class ProcessMessage:
    """The operation, as an endpoint."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, request: Request) -> Response:
        """Answers with a message Bundle whose header says that the message was processed."""
        caller = await self._service.caller(request, "Bundle", "create")
        bundle = validated(await body(request))
        try:
            _refuse_other_senders(caller, bundle_reading.sender(bundle))
            statements = bundle_reading.statements(bundle)
        except UnreadableBundle as error:
            raise FhirError(
                422, "required", "INVALID_RESOURCE", str(error), expression=error.expression
            ) from None
        identified = [s for s in statements if s.identifiers]
        if len(identified) < len(statements):
            raise FhirError(
                422,
                "required",
                "MISSING_VALUE",
                "The message has nothing to know the person by: it needs a valid NHS number or a "
                "local identifier with its system.",
                expression="Patient.identifier",
            )
        await record(self._service.pool, statements, self._service.rules)
        return fhir(_processed(bundle))


async def body(request: Request) -> Resource:
    """Takes a request; returns its JSON object. 415 for other media types, 413 when it is too
    large, 400 when it is no JSON object."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _JSON_TYPES:
        text = "Send FHIR as application/fhir+json."
        raise FhirError(415, "not-supported", "UNSUPPORTED_VALUE", text)
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > MAX_BODY:
            text = f"The body is larger than {MAX_BODY} bytes."
            raise FhirError(413, "too-long", "INVALID_RESOURCE", text)
    try:
        parsed = orjson.loads(bytes(read))
    except orjson.JSONDecodeError as error:
        raise invalid(f"The body is not JSON: line {error.lineno}, column {error.colno}.") from None
    if not isinstance(parsed, dict):
        raise invalid("The body is not a JSON object.")
    return cast(Resource, parsed)


def validated(bundle: Resource) -> Resource:
    """Takes what should be a message Bundle; returns it, or refuses it with the first places that
    are wrong (never the values, which may be personal)."""
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "message":
        raise invalid("$process-message takes a Bundle of type message.", "Bundle.type")
    try:
        Bundle.model_validate(bundle)
    except ValidationError as error:
        raise _refusal(error) from None
    return bundle


def _refusal(error: ValidationError) -> FhirError:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return invalid(f"Not valid FHIR R4 at {where}: {first['type']}{more}.", where)


def _refuse_other_senders(caller: Caller, sender: str) -> None:
    if caller.organisation not in (None, sender):
        raise forbidden("An adapter can only send messages of its own organisation.")


def _processed(bundle: Resource) -> Resource:
    header = bundle["entry"][0]["resource"]
    answer_id = str(uuid5(NAMESPACE_URL, f"processed {header['id']}"))
    answer: Resource = {
        "resourceType": "MessageHeader",
        "id": answer_id,
        "eventCoding": {
            "system": addresses.V2_EVENT,
            "code": header["eventCoding"]["code"],
        },
        "source": {"name": "Learning from Deaths registry", "endpoint": "urn:uuid:" + answer_id},
        "response": {"identifier": header["id"], "code": "ok"},
    }
    return {
        "resourceType": "Bundle",
        "type": "message",
        "entry": [{"fullUrl": f"urn:uuid:{answer_id}", "resource": answer}],
    }
