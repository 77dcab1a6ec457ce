"""What the guide is called, and what it stands on."""

from __future__ import annotations

from typing import Any

from conformance import canonical

Resource = dict[str, Any]
VERSION = "0.1.0"
CHANGED_ON = "2026-11-21"
PUBLISHER = "Learning from Deaths exchange"
PACKAGE_ID = "example.learning-from-deaths"
TITLE = "Learning from Deaths exchange"
DESCRIPTION = (
    "Messages about deaths from hospitals' records, and a registry of the reviews that they need "
    "and who leads each: profiles on UK Core, code systems, operations and search parameters."
)
FHIR_VERSION = "4.0.1"
LICENCE = "Apache-2.0"
CORE = "hl7.fhir.r4.core"
# package -> the version, and the address of its ImplementationGuide
DEPENDENCIES = {
    CORE: (FHIR_VERSION, "http://hl7.org/fhir/ImplementationGuide/fhir"),
    "fhir.r4.ukcore": ("2.6.1", "https://fhir.hl7.org.uk/ImplementationGuide/fhir.r4.ukcore"),
    "hl7.fhir.uv.subscriptions-backport.r4": (
        "1.1.0",
        "http://hl7.org/fhir/uv/subscriptions-backport/ImplementationGuide/"
        "hl7.fhir.uv.subscriptions-backport.r4",
    ),
    "hl7.fhir.uv.bulkdata": (
        "2.0.0",
        "http://hl7.org/fhir/uv/bulkdata/ImplementationGuide/hl7.fhir.uv.bulkdata",
    ),
}


def heading(kind: str, name: str, computer_name: str, title: str, description: str) -> Resource:
    """Takes the type, id, computer name, title and description of a resource of the guide; returns
    what every one begins with."""
    return {
        "resourceType": kind,
        "id": name,
        "url": f"{canonical.BASE}/{kind}/{name}",
        "version": VERSION,
        "name": computer_name,
        "title": title,
        "status": "draft",
        "experimental": False,
        "date": CHANGED_ON,
        "publisher": PUBLISHER,
        "description": description,
    }
