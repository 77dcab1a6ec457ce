"""`GET /openapi.json`: the API as OpenAPI 3.1, built from the tables that the routes read."""

from __future__ import annotations

import re
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from registry.access.settings import AccessSettings
from registry.api.interactions import DEFINITIONAL, OFFERED, SHAPES, Code, Shape, methods_of
from registry.api.negotiation import FHIR_JSON, FORM, JSON_PATCH
from registry.api.openapi_parameters import parameters, searched

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
    "transaction": "Do a batch or transaction",
    "capabilities": "Read what the server can do",
    "process-message": "Take a message",
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
    "transaction": (200, 404, 405, 412, 413, 415, 422, 428),
    "capabilities": (200, 304),
    "process-message": (200, 413, 415, 422),
}
_EVERY = (400, 401, 403, 406)
_ANONYMOUS = (400, 406)


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
                **{name: _resource(name) for name in (*OFFERED, "CapabilityStatement")},
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
            "schema": version if name == "version" else _ID,
        }
        for name in names
    ]
    return {"parameters": parameters} if parameters else {}


def _operation(code: Code, resource_type: str, method: str) -> Json:
    is_anonymous = code == "capabilities" or resource_type in DEFINITIONAL
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
    if method == "GET":
        return None
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
    return {"required": True, "content": {FHIR_JSON: {"schema": _reference(resource_type)}}}


def _responses(code: Code, resource_type: str, method: str, *, is_anonymous: bool) -> Json:
    statuses = {*_ANSWERS[code], *(_ANONYMOUS if is_anonymous else _EVERY)}
    if method == "GET":
        statuses -= {413, 415}
    answered = resource_type
    if code in ("search-type", "history-instance", "history-type", "transaction",
                "process-message"):  # fmt: skip
        answered = "Bundle"
    elif code in ("validate", "validate-instance"):
        answered = "OperationOutcome"
    elif code == "capabilities":
        answered = "CapabilityStatement"
    return {
        str(status): _response(status, answered if status in (200, 201) else "OperationOutcome")
        for status in sorted(statuses)
    }


def _response(status: int, resource_type: str) -> Json:
    if status == 304:
        return {"description": "The client has this version."}
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
