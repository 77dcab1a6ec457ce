"""`GET /fhir/metadata`: the CapabilityStatement, built from the tables that the routes read."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from conformance.canonical import BASE, EXPLAIN_OPERATION
from registry.access.settings import AccessSettings
from registry.api import definitional, report_parameters
from registry.api.call import Answer
from registry.api.entity_tags import is_unchanged
from registry.api.interactions import DEFINITIONAL, OFFERED, PROFILES
from registry.api.search.definitions import PARAMETERS
from registry.api.search.includes import INCLUDES, REVERSE_INCLUDES
from registry.subscriptions import searched
from registry.subscriptions.terms import BACKPORT
from registry.subscriptions.topics import TOPICS

Resource = dict[str, Any]
_TOPIC = f"{BACKPORT}capabilitystatement-subscriptiontopic-canonical"
# The date of the last change of what the API offers.
CHANGED_ON = "2026-11-21"
_BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/"
_BULK = "http://hl7.org/fhir/uv/bulkdata"
_OPERATIONS = {
    "explain": EXPLAIN_OPERATION,
    "status": f"{_BACKPORT}backport-subscription-status",
    "events": f"{_BACKPORT}backport-subscription-events",
    "validate": "http://hl7.org/fhir/OperationDefinition/Resource-validate",
    "process-message": "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message",
    "evaluate-measure": "http://hl7.org/fhir/OperationDefinition/Measure-evaluate-measure",
    "publish-return": f"{BASE}/OperationDefinition/publish-return",
    "record-learning-action": f"{BASE}/OperationDefinition/record-learning-action",
    "export": f"{_BULK}/OperationDefinition/export",
    "patient-export": f"{_BULK}/OperationDefinition/patient-export",
    "group-export": f"{_BULK}/OperationDefinition/group-export",
    "agree": f"{BASE}/OperationDefinition/agree",
    "withdraw": f"{BASE}/OperationDefinition/withdraw",
}
# As Bulk Data's own CapabilityStatement has them.
_CALLED = {"export-patient": "patient-export", "export-group": "group-export"}
_OF_EXPORTS = ("export-patient", "export-group", "agree", "withdraw")
_OF_TYPE = ("validate", "explain", "evaluate-measure", "publish-return", "record-learning-action")
# Codes of FHIR's type-restful-interaction, in the order in which they are told.
_INTERACTIONS = (
    "read", "vread", "create", "update", "patch", "delete", "history-instance", "history-type",
    "search-type",
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
        "instantiates": [f"{_BULK}/CapabilityStatement/bulk-data"],
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
                "operation": [_operation("process-message"), _operation("export")],
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
    if "create" in offered and name not in ("Subscription", "Group"):
        built["conditionalCreate"] = True
    if "conditional-update" in offered:
        built["conditionalUpdate"] = True
    if name in PROFILES:
        built["supportedProfile"] = list(PROFILES[name])
    built |= _definitional_search(name) if name in DEFINITIONAL else _search(name)
    operations = [_operation(name) for name in (*_OF_TYPE, *_OF_EXPORTS) if name in offered]
    if name == "Subscription":
        built["extension"] = [
            {"url": _TOPIC, "valueCanonical": topic.url} for topic in TOPICS.values()
        ]
        operations += [_operation("status"), _operation("events")]
    if operations:
        built["operation"] = operations
    return built


def _search(name: str) -> Resource:
    if name == "MeasureReport":
        return {
            "searchParam": [
                {"name": one, "type": kind, "documentation": documentation}
                for one, (kind, documentation) in report_parameters.SEARCHED.items()
            ]
        }
    if name == "Subscription":
        return {
            "searchParam": [
                {
                    "name": one.name,
                    "definition": one.definition,
                    "type": one.kind,
                    "documentation": one.documentation,
                }
                for one in searched.SEARCHED.values()
            ]
        }
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


def _definitional_search(name: str) -> Resource:
    kinds = {"url": "uri", "name": "string"}
    return {
        "searchParam": [
            {"name": one, "type": kinds.get(one, "token"), "documentation": documentation}
            for one, documentation in definitional.searched(name).items()
        ]
    }


def _operation(name: str) -> Resource:
    name = _CALLED.get(name, name)
    return {"name": name, "definition": _OPERATIONS[name]}
