"""`GET /fhir/metadata`: the CapabilityStatement, built from the tables that the routes read."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from conformance import canonical
from registry.access.settings import AccessSettings
from registry.api import organizations
from registry.api.answers import fhir
from registry.api.parameters import INCLUDES, PARAMETERS

Resource = dict[str, Any]
# The date of the last change of what the API offers.
CHANGED_ON = "2026-11-21"


class Capability:
    """The interaction, as an endpoint; anonymous."""

    def __init__(self, access: AccessSettings) -> None:
        self._statement = statement(access)

    async def __call__(self, _: Request) -> Response:
        """Answers with the CapabilityStatement."""
        return fhir(self._statement)


def statement(access: AccessSettings) -> Resource:
    """Takes the registry's addresses; returns its CapabilityStatement."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": CHANGED_ON,
        "kind": "instance",
        "implementation": {
            "description": "Learning from Deaths registry",
            "url": access.fhir_url,
        },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(),
                "resource": [*(_type(name) for name in sorted(PARAMETERS)), _organization()],
                "operation": [
                    {
                        "name": "process-message",
                        "definition": "http://hl7.org/fhir/OperationDefinition/"
                        "MessageHeader-process-message",
                    }
                ],
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
    interactions = ["read", "search-type", *(["update"] if name == "Task" else [])]
    built: Resource = {
        "type": name,
        "interaction": [{"code": code} for code in interactions],
        "versioning": "versioned-update" if name == "Task" else "versioned",
        "updateCreate": False,
        "searchParam": [
            {"name": parameter, "type": known.kind, "documentation": known.documentation}
            for parameter, known in sorted(PARAMETERS[name].items())
            if ":" not in parameter and "." not in parameter
        ],
    }
    if INCLUDES[name]:
        built["searchInclude"] = sorted(INCLUDES[name])
    if name == "Task":
        built["supportedProfile"] = [canonical.REVIEW_TASK]
    return built


def _organization() -> Resource:
    return {
        "type": "Organization",
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": [{"name": name, "type": "token"} for name in organizations.PARAMETERS],
    }
