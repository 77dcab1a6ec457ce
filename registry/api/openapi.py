"""`GET /openapi.json`: the API as OpenAPI 3.1, built from the tables that the routes read."""

from __future__ import annotations

import re
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from registry.access.settings import AccessSettings
from registry.api.interactions import (
    OFFERED,
    SHAPES,
    Code,
    Shape,
    is_definitional,
    methods_of,
)
from registry.api.negotiation import FHIR_JSON, FORM, JSON_PATCH
from registry.api.openapi_parameters import parameters, searched
from registry.export.kickoff import NDJSON

Json = dict[str, Any]
_ID = {"type": "string", "pattern": "^[A-Za-z0-9.-]{1,64}$"}
_SUMMARY: dict[Code, str] = {
    "read": "Read the {}",
    "vread": "Read one version of the {}",
    "history-instance": "Read all versions of the {}",
    "history-type": "Read what changed of {}",
    "search-type": "Search {}",
    "create": "Create a {}",
    "update": "Update the {}",
    "conditional-update": "Create a {}, or update the one of this identifier",
    "patch": "Patch the {}",
    "validate": "Validate a {}",
    "validate-instance": "Validate the {}",
    "explain": "Explain what is said of the {}",
    "transaction": "Do a batch or transaction",
    "delete": "End the {}",
    "subscription-status": "Read how the {} stands",
    "subscription-statuses": "Read how each {} stands",
    "subscription-events": "Read the events of the {} again",
    "capabilities": "Read what the server can do",
    "process-message": "Take a message",
    "evaluate-measure": "Count the figures of the {} for one organisation and period",
    "publish-return": "Publish the return of the {} of your organisation",
    "record-learning-action": "Record what was or will be done about what was learnt",
    "export": "Ask for an export of all that you may read",
    "export-patient": "Ask for an export of all that you may read about people",
    "export-group": "Ask for an export of the {}",
    "export-status": "How far an export is, and what came of it",
    "export-cancel": "Cancel an export, or remove it",
    "export-file": "Fetch a file of an export",
    "agree": "Agree to the cohort",
    "withdraw": "Take your agreement to the cohort back",
}
# What each interaction may be answered besides what every one may.
_ANSWERS: dict[Code, tuple[int, ...]] = {
    "read": (200, 304, 404, 410),
    "vread": (200, 304, 404, 410),
    "history-instance": (200, 404, 410),
    "history-type": (200,),
    "search-type": (200, 413, 415, 422),
    "create": (200, 201, 404, 412, 413, 415, 422),
    "update": (200, 404, 405, 412, 413, 415, 422, 428),
    "conditional-update": (200, 201, 412, 413, 415, 422),
    "patch": (200, 404, 412, 413, 415, 422, 428),
    "validate": (200, 413, 415),
    "validate-instance": (200, 404, 413, 415),
    "explain": (200, 404, 410),
    "transaction": (200, 404, 405, 412, 413, 415, 422, 428),
    "delete": (204, 404),
    "subscription-status": (200, 404, 413, 415),
    "subscription-statuses": (200, 413, 415),
    "subscription-events": (200, 404, 413, 415),
    "capabilities": (200, 304),
    "process-message": (200, 413, 415, 422),
    "evaluate-measure": (200, 404, 413, 415),
    "publish-return": (201, 404, 413, 415, 422),
    "record-learning-action": (200, 413, 415, 422),
    "export": (202, 413, 415, 429),
    "export-patient": (202, 413, 415, 429),
    "export-group": (202, 404, 413, 415, 422, 429),
    "export-status": (200, 202, 404, 500),
    "export-cancel": (202, 404),
    "export-file": (200, 404),
    "agree": (200, 404, 413, 415, 422),
    "withdraw": (200, 404, 413, 415, 422),
}
_OF_RETURNS = ("evaluate-measure", "publish-return", "record-learning-action")
_OF_SUBSCRIPTIONS = ("subscription-status", "subscription-statuses", "subscription-events")
_EVERY = (400, 401, 403, 406)
_ANONYMOUS = (400, 406)


_MANIFEST: Json = {
    FHIR_JSON: {
        "schema": {
            "type": "object",
            "required": ["transactionTime", "request", "requiresAccessToken", "output", "error"],
        }
    }
}


class OpenApi:
    """The document of one registry; anonymous."""

    def __init__(self, access: AccessSettings) -> None:
        self._content = orjson.dumps(document(access))

    async def __call__(self, _: Request) -> Response:
        """Answers with the document."""
        return Response(self._content, media_type="application/json")


def document(access: AccessSettings) -> Json:
    """Takes the registry's addresses; returns the OpenAPI document."""
    paths: dict[str, Json] = {}
    for shape in SHAPES:
        for resource_type in OFFERED if "{type}" in shape.template else ("",):
            operations = {
                method.lower(): _operation(code, resource_type, method)
                for method, code in methods_of(shape, resource_type).items()
            }
            if operations:
                path = "/" + shape.template.replace("{type}", resource_type)
                paths[path] = {**_in_path(shape), **operations}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Learning from Deaths registry",
            "version": "1",
            "description": "FHIR R4. Every refusal is an OperationOutcome.",
        },
        "servers": [{"url": access.fhir_url}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Resource": _resource(None),
                "OperationOutcome": _outcome(),
                **{
                    name: _resource(name)
                    for name in (*OFFERED, "CapabilityStatement", "Parameters")
                },
            },
        },
    }


def _in_path(shape: Shape) -> Json:
    names = [name for name in re.findall(r"\{(\w+)\}", shape.template) if name != "type"]
    version = {"type": "string", "pattern": "^[1-9][0-9]{0,8}$"}
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": version if name in ("version", "file") else _ID,
        }
        for name in names
    ]
    return {"parameters": parameters} if parameters else {}


def _operation(code: Code, resource_type: str, method: str) -> Json:
    is_anonymous = code == "capabilities" or is_definitional(code, resource_type)
    name = resource_type or "system"
    built: Json = {
        "operationId": f"{code}-{name}-{method.lower()}",
        "summary": _SUMMARY[code].format(resource_type),
        "parameters": parameters(code, resource_type, method),
        "responses": _responses(code, resource_type, method, is_anonymous=is_anonymous),
    }
    if is_anonymous:
        built["security"] = []
    body = _body(code, resource_type, method)
    if body:
        built["requestBody"] = body
    return built


def _body(code: Code, resource_type: str, method: str) -> Json | None:
    if method in ("GET", "DELETE"):
        return None
    if code in ("agree", "withdraw"):
        return {"content": {FHIR_JSON: {"schema": {"type": "object"}}}}
    if code in _OF_SUBSCRIPTIONS:
        return {"required": True, "content": {FHIR_JSON: {"schema": _reference("Parameters")}}}
    if code == "search-type":
        names = searched(resource_type)
        form = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
        return {"content": {FORM: {"schema": form}}}
    if code == "patch":
        operations = {"type": "array", "items": {"type": "object"}}
        parameters = {
            "type": "object",
            "required": ["resourceType"],
            "properties": {"resourceType": {"const": "Parameters"}},
        }
        content = {JSON_PATCH: {"schema": operations}, FHIR_JSON: {"schema": parameters}}
        return {"required": True, "content": content}
    if code in ("transaction", "process-message"):
        resource_type = "Bundle"
    if code in (*_OF_RETURNS, "export", "export-patient", "export-group"):
        said = {"resourceType": {"const": "Parameters"}}
        sent = {"type": "object", "required": ["resourceType"], "properties": said}
        return {"required": True, "content": {FHIR_JSON: {"schema": sent}}}
    return {"required": True, "content": {FHIR_JSON: {"schema": _reference(resource_type)}}}


def _responses(code: Code, resource_type: str, method: str, *, is_anonymous: bool) -> Json:
    statuses = {*_ANSWERS[code], *(_ANONYMOUS if is_anonymous else _EVERY)}
    if method == "GET":
        statuses -= {413, 415}
    answered = resource_type
    if code in ("search-type", "history-instance", "history-type", "transaction",
                "process-message", *_OF_SUBSCRIPTIONS):  # fmt: skip
        answered = "Bundle"
    elif code in ("validate", "validate-instance"):
        answered = "OperationOutcome"
    elif code == "explain":
        answered = "Parameters"
    elif code == "capabilities":
        answered = "CapabilityStatement"
    elif code in _OF_RETURNS:
        answered = "" if code == "record-learning-action" else "MeasureReport"
    if code == "export-file":
        whole = {"description": "The file.", "content": {NDJSON: {"schema": {"type": "string"}}}}
    elif code == "export-status":
        whole = {"description": "The manifest.", "content": _MANIFEST}
    else:
        whole = None
    if whole is not None:
        refused = {str(s): _response(s, "OperationOutcome") for s in sorted(statuses - {200})}
        return {"200": whole, **refused}
    return {
        str(status): _response(status, answered if status in (200, 201) else "OperationOutcome")
        for status in sorted(statuses)
    }


def _response(status: int, resource_type: str) -> Json:
    if status == 202:
        return {"description": "Under way; the headers say how to go on."}
    if status == 304:
        return {"description": "The client has this version."}
    if status == 204:
        return {"description": "Done; there is nothing to show."}
    description = "Done." if status in (200, 201) else "Refused; the OperationOutcome says why."
    return {
        "description": description,
        "content": {FHIR_JSON: {"schema": _reference(resource_type)}},
    }


def _reference(resource_type: str) -> Json:
    return {"$ref": f"#/components/schemas/{resource_type or 'Resource'}"}


def _resource(name: str | None) -> Json:
    type_of = {"const": name} if name else {"type": "string"}
    return {
        "type": "object",
        "required": ["resourceType"],
        "properties": {"resourceType": type_of, "id": _ID},
    }


def _outcome() -> Json:
    issue = {
        "type": "object",
        "required": ["severity", "code"],
        "properties": {
            "severity": {"enum": ["fatal", "error", "warning", "information"]},
            "code": {"type": "string"},
            "diagnostics": {"type": "string"},
            "expression": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        },
    }
    return {
        "type": "object",
        "required": ["resourceType", "issue"],
        "properties": {
            "resourceType": {"const": "OperationOutcome"},
            "issue": {"type": "array", "minItems": 1, "items": issue},
        },
    }
