"""The Bundle while it is being written: its entries, and what there is to say about the message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from adapter.conversion.hl7_time import Hl7Time
from adapter.conversion.sender import Sender
from adapter.conversion.stable_id import stable_id
from adapter.er7 import Message
from mappings import Event, Site

Resource = dict[str, Any]
"""A FHIR resource or element as JSON has it."""

Reference = dict[str, str]


@dataclass(slots=True)
class Draft:
    """One message on its way into FHIR. `digest` is the SHA-256 of its bytes, in hexadecimal;
    `times` holds the times of the message itself, which several resources state."""

    message: Message
    site: Site
    sender: Sender
    event: Event
    digest: str
    entries: dict[str, Resource] = field(default_factory=dict[str, Resource])
    issues: dict[tuple[str, str], None] = field(default_factory=dict[tuple[str, str], None])
    event_time: str = ""
    times: dict[tuple[str, int], Hl7Time] = field(default_factory=dict[tuple[str, int], Hl7Time])

    def add(self, resource: Resource) -> Reference:
        """Takes a resource with its id; returns a reference to it. What is there already stays."""
        self.entries.setdefault(resource["id"], resource)
        return reference(resource["id"])

    def note(self, code: str, where: str) -> None:
        """Takes a data-quality code and the field it is about, such as `PID[1]-30`."""
        self.issues[(code, where)] = None

    def id_of_message(self, kind: str) -> str:
        """Takes a resource type; returns the id of the one such resource about this message."""
        return stable_id(kind, self.sender.key, self.digest)


def reference(resource_id: str) -> Reference:
    """Takes the id of an entry; returns a reference to it."""
    return {"reference": f"urn:uuid:{resource_id}"}


def coding(system: str, code: str, display: str = "") -> Resource:
    """Takes the parts of a FHIR Coding; returns it."""
    return {"system": system, "code": code} | ({"display": display} if display else {})


def concept(system: str, code: str, display: str = "", text: str = "") -> Resource:
    """Takes the parts of a FHIR CodeableConcept with one coding; returns it."""
    return {"coding": [coding(system, code, display)]} | ({"text": text} if text else {})


def copied(value: Any) -> Any:
    """Takes a value as JSON has it; returns it anew, for what every resource of a kind says."""
    if isinstance(value, dict):
        return {name: copied(part) for name, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [copied(item) for item in cast("list[Any]", value)]
    return value
