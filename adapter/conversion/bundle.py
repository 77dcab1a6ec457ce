"""Puts the entries of a draft together as the message Bundle of docs/message-bundle.md."""

from __future__ import annotations

from adapter.conversion.draft import Draft, Resource, reference
from adapter.conversion.issues import outcome
from adapter.conversion.people import PeopleWriter
from adapter.conversion.provenance import (
    event_time,
    message_header,
    provenance,
    sending_organization,
    sent,
)
from conformance import canonical

_ORDER = {"Patient": 0, "Encounter": 1, "Condition": 2, "Flag": 3}


def bundle(draft: Draft, people: PeopleWriter) -> Resource:
    """Takes a fresh draft; returns the whole Bundle."""
    draft.event_time = event_time(draft)
    sender = sending_organization(draft)
    focus = people.write(draft)
    origin = provenance(draft, focus)
    header = message_header(draft, focus)
    people.further.write_source(header, origin, draft)
    others = [resource for resource in draft.entries.values() if resource["id"] != sender["id"]]
    others.sort(key=lambda resource: _ORDER.get(resource["resourceType"], len(_ORDER)))
    resources = [header, sender, *others, origin]
    if said := outcome(draft):
        origin["target"] = [*focus, reference(said["id"])]
        resources.append(said)
    return _bundle(draft, resources)


def _bundle(draft: Draft, resources: list[Resource]) -> Resource:
    whole: Resource = {
        "resourceType": "Bundle",
        "id": draft.id_of_message("Bundle"),
        "meta": {"profile": [canonical.MESSAGE_BUNDLE]},
        "type": "message",
    }
    made = sent(draft)
    if made.is_full:
        whole["timestamp"] = made.text
    whole["entry"] = [
        {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in resources
    ]
    return whole
