"""What a registry and an adapter can do, whichever ones they are: the requirements that a running
one fulfils. The registry's is the statement that it serves, without what is of one instance."""

from __future__ import annotations

from conformance import canonical
from conformance.guide.about import FHIR_VERSION, Resource, heading
from registry.access.settings import AccessSettings
from registry.api.capability import statement

# Of one running registry: its address, its software, and what it claims to be an instance of.
OF_AN_INSTANCE = ("status", "date", "kind", "software", "implementation")
_NOWHERE = AccessSettings.at("https://registry.example")
_PROCESS_MESSAGE = "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message"


def registry() -> Resource:
    """Returns the statement of any registry."""
    served = statement(_NOWHERE)
    head = heading(
        "CapabilityStatement",
        "registry",
        "RegistryCapabilities",
        "Registry",
        "What a registry of reviews of deaths offers over FHIR; each serves its own at "
        "[base]/metadata.",
    )
    offered = {key: said for key, said in served.items() if key not in OF_AN_INSTANCE}
    return {**head, "kind": "requirements", **offered}


def adapter() -> Resource:
    """Returns the statement of any adapter: a client that sends messages, and serves no FHIR."""
    head = heading(
        "CapabilityStatement",
        "adapter",
        "AdapterCapabilities",
        "Adapter",
        "What an adapter does over FHIR: it sends minimised message Bundles to a registry, made of "
        "HL7 v2 ADT messages. It serves no FHIR itself.",
    )
    backend_services = {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                "code": "SMART-on-FHIR",
            }
        ]
    }
    rest = {
        "mode": "client",
        "documentation": "A message that the registry does not take now is sent again until it is.",
        "security": {
            "service": [backend_services],
            "description": "SMART Backend Services: a signed JWT gets a token for "
            "system/Bundle.c or what the registry grants.",
        },
        "resource": [{"type": "Bundle", "supportedProfile": [canonical.MINIMISED_BUNDLE]}],
        "operation": [{"name": "process-message", "definition": _PROCESS_MESSAGE}],
    }
    return {
        **head,
        "kind": "requirements",
        "fhirVersion": FHIR_VERSION,
        "format": ["application/fhir+json"],
        "rest": [rest],
    }
