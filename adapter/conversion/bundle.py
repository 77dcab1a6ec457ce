"""Puts the entries of a draft together as the message Bundle of docs/message-bundle.md."""

from __future__ import annotations

from itertools import chain

from adapter.conversion.draft import Draft, Resource, reference
from adapter.conversion.issues import outcome
from adapter.conversion.people import PeopleWriter
from adapter.conversion.provenance import (
    MessageTimes,
    message_header,
    message_times,
    provenance,
    sending_organization,
)
from conformance import canonical

_FIRST = ("Patient", "Encounter", "Condition", "Flag")


def bundle(draft: Draft, people: PeopleWriter) -> Resource:
    """Takes a fresh draft; returns the whole Bundle."""
    times = message_times(draft)
    draft.event_time = times.event
    sender = sending_organization(draft)
    focus = people.write(draft)
    origin = provenance(draft, times, focus)
    header = message_header(draft, focus)
    people.further.write_source(header, origin, draft)
    resources = [header, sender, *_in_order(draft, sender["id"]), origin]
    if said := outcome(draft):
        origin["target"] = [*focus, reference(said["id"])]
        resources.append(said)
    return _bundle(draft, times, resources)


def _in_order(draft: Draft, sender_id: str) -> list[Resource]:
    """All entries but the sender, those of a kind in the order in which they were added."""
    by_kind: dict[str, list[Resource]] = {kind: [] for kind in _FIRST}
    others: list[Resource] = []
    for own_id, resource in draft.entries.items():
        if own_id != sender_id:
            by_kind.get(resource["resourceType"], others).append(resource)
    return [*chain.from_iterable(by_kind.values()), *others]


def _bundle(draft: Draft, times: MessageTimes, resources: list[Resource]) -> Resource:
    whole: Resource = {
        "resourceType": "Bundle",
        "id": draft.id_of_message("Bundle"),
        "meta": {"profile": [canonical.MESSAGE_BUNDLE]},
        "type": "message",
    }
    if times.sent.is_full:
        whole["timestamp"] = times.sent.text
    whole["entry"] = [
        {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in resources
    ]
    return whole
