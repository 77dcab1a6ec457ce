"""`GET /fhir/metadata`: the CapabilityStatement, built from the tables that the routes read."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from registry.access.settings import AccessSettings
from registry.api import definitional
from registry.api.call import Answer
from registry.api.entity_tags import is_unchanged
from registry.api.interactions import DEFINITIONAL, OFFERED, PROFILES
from registry.api.search.definitions import PARAMETERS
from registry.api.search.includes import INCLUDES, REVERSE_INCLUDES

Resource = dict[str, Any]
# The date of the last change of what the API offers.
CHANGED_ON = "2026-11-21"
_OPERATIONS = {
    "validate": "http://hl7.org/fhir/OperationDefinition/Resource-validate",
    "process-message": "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message",
}
# Codes of FHIR's type-restful-interaction, in the order in which they are told.
_INTERACTIONS = (
    "read", "vread", "create", "update", "patch", "history-instance", "history-type", "search-type",
)  # fmt: skip


class Capability:
    """The statement of one registry; anonymous."""

    def __init__(self, access: AccessSettings) -> None:
        self._content = orjson.dumps(statement(access))
        self._tag = f'W/"{hashlib.sha256(self._content).hexdigest()[:16]}"'

    def answer(self, if_none_match: str | None) -> Answer:
        """Takes the If-None-Match header; returns the statement, 304 where the caller has it."""
        headers = {"ETag": self._tag, "Cache-Control": "max-age=300"}
        if is_unchanged(self._tag, None, if_none_match, None):
            return Answer(304, b"", headers)
        return Answer(200, self._content, headers)


def statement(access: AccessSettings) -> Resource:
    """Takes the registry's addresses; returns its CapabilityStatement."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": CHANGED_ON,
        "kind": "instance",
        "software": {"name": "Learning from Deaths registry"},
        "implementation": {
            "description": "Learning from Deaths registry",
            "url": access.fhir_url,
        },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "patchFormat": ["application/json-patch+json", "application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(),
                "resource": [_type(name) for name in sorted(OFFERED)],
                "interaction": [{"code": "batch"}, {"code": "transaction"}],
                "operation": [_operation("process-message")],
            }
        ],
    }


def _security() -> Resource:
    """The token endpoint is at `.well-known/smart-configuration`; the older oauth-uris extension
    demands an authorize endpoint, which a registry of systems has not."""
    coding = {
        "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
        "code": "SMART-on-FHIR",
    }
    return {"service": [{"coding": [coding]}]}


def _type(name: str) -> Resource:
    offered = OFFERED[name]
    built: Resource = {"type": name}
    interactions = [{"code": code} for code in _INTERACTIONS if code in offered]
    if interactions:
        built["interaction"] = interactions
    if "vread" in offered:
        built["versioning"] = "versioned-update" if "update" in offered else "versioned"
        built["readHistory"] = True
        built["updateCreate"] = False
        built["conditionalRead"] = "full-support"
    if "create" in offered:
        built["conditionalCreate"] = True
    if "conditional-update" in offered:
        built["conditionalUpdate"] = True
    if name in PROFILES:
        built["supportedProfile"] = list(PROFILES[name])
    built |= _definitional_search() if name in DEFINITIONAL else _search(name)
    if "validate" in offered:
        built["operation"] = [_operation("validate")]
    return built


def _search(name: str) -> Resource:
    if name not in PARAMETERS:
        return {}
    built: Resource = {
        "searchParam": [
            {
                "name": one.name,
                "definition": one.definition(name),
                "type": one.kind,
                "documentation": one.documentation,
            }
            for one in PARAMETERS[name].values()
        ]
    }
    if INCLUDES[name]:
        built["searchInclude"] = sorted(INCLUDES[name])
    if REVERSE_INCLUDES[name]:
        built["searchRevInclude"] = sorted(REVERSE_INCLUDES[name])
    return built


def _definitional_search() -> Resource:
    kinds = {"_id": "token", "status": "token", "version": "token", "url": "uri", "name": "string"}
    return {
        "searchParam": [
            {"name": name, "type": kinds[name], "documentation": documentation}
            for name, documentation in definitional.SEARCHED.items()
        ]
    }


def _operation(name: str) -> Resource:
    return {"name": name, "definition": _OPERATIONS[name]}
