"""The Bundle while it is being written: its entries, and what there is to say about the message."""

from __future__ import annotations

from typing import Any, cast

from adapter.conversion.sender import Sender
from adapter.conversion.stable_id import stable_id
from adapter.er7 import Message
from mappings import Event, Site

Resource = dict[str, Any]
"""A FHIR resource or element as JSON has it."""

Reference = dict[str, str]


class Draft:
    """One message on its way into FHIR. `digest` is the SHA-256 of its bytes, in hexadecimal;
    `event_time` is when it happened, as FHIR dateTime, '' where that is not said."""

    __slots__ = ("digest", "entries", "event", "event_time", "issues", "message", "sender", "site")

    def __init__(
        self, message: Message, site: Site, sender: Sender, event: Event, digest: str
    ) -> None:
        self.message = message
        self.site = site
        self.sender = sender
        self.event = event
        self.digest = digest
        self.entries: dict[str, Resource] = {}
        self.issues: dict[tuple[str, str], None] = {}
        self.event_time = ""

    def add(self, resource: Resource) -> Reference:
        """Takes a resource with its id; returns a reference to it. What is there already stays."""
        own_id = resource["id"]
        self.entries.setdefault(own_id, resource)
        return {"reference": f"urn:uuid:{own_id}"}

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
    if display:
        return {"system": system, "code": code, "display": display}
    return {"system": system, "code": code}


def concept(system: str, code: str, display: str = "", text: str = "") -> Resource:
    """Takes the parts of a FHIR CodeableConcept with one coding; returns it."""
    if text:
        return {"coding": [coding(system, code, display)], "text": text}
    return {"coding": [coding(system, code, display)]}


def copied(value: Any) -> Any:
    """Takes a value as JSON has it; returns it anew, for what every resource of a kind says."""
    if isinstance(value, dict):
        return {name: copied(part) for name, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [copied(item) for item in cast("list[Any]", value)]
    return value
