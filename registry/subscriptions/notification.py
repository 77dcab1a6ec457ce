"""Notifications and statuses as FHIR R4.

Pure. Source: Backport IG, profiles `backport-subscription-notification-r4` (a history Bundle whose
first entry is the status) and `backport-subscription-status-r4` (Parameters).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from registry.api.statuses import line
from registry.subscriptions.terms import BACKPORT, Content

Resource = dict[str, Any]
Kind = Literal["handshake", "heartbeat", "event-notification", "query-status", "query-event"]
_NOTIFICATION = f"{BACKPORT}backport-subscription-notification-r4"
_STATUS = f"{BACKPORT}backport-subscription-status-r4"


@dataclass(frozen=True, slots=True)
class Standing:
    """A subscription as a status tells it: its id, the topic's address, its status, how many
    events it has had, and what is wrong (None: nothing)."""

    subscription_id: str
    topic: str
    status: str
    events: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Focus:
    """What an event is about: type, id and version, and the resource of that version as the
    subscriber may see it (None: it is not shown)."""

    resource_type: str
    resource_id: str
    version: int
    resource: Resource | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it is told. Without a focus it is one whose resource is no longer the
    subscriber's to see: the number stands, so that none is missed, and says nothing."""

    number: int
    at: datetime | None = None
    focus: Focus | None = None


def notification(
    base: str,
    standing: Standing,
    kind: Kind,
    at: datetime,
    content: Content = "empty",
    events: Sequence[Told] = (),
) -> Resource:
    """Takes the address of the FHIR API, the subscription, the kind of notification, the time, how
    much is told and the events; returns the Bundle."""
    address = f"{base}/Subscription/{standing.subscription_id}/$status"
    first: Resource = {
        "fullUrl": uuid5(_SPACE, f"{address} {kind} {at.isoformat()}").urn,
        "resource": status(base, standing, kind, content, events),
        "request": {"method": "GET", "url": address},
        "response": {"status": "200"},
    }
    shown = [one.focus for one in events if one.focus is not None and one.focus.resource]
    entries = [_entry(base, focus) for focus in shown] if content == "full-resource" else []
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [_NOTIFICATION]},
        "type": "history",
        "timestamp": at.isoformat(),
        "entry": [first, *entries],
    }


_SPACE = UUID("6b3f4a1e-52d6-4c0b-9b55-3b8f6f6a54d1")


def status(
    base: str,
    standing: Standing,
    kind: Kind,
    content: Content = "id-only",
    events: Sequence[Told] = (),
) -> Resource:
    """Takes the same; returns the Parameters that say how the subscription stands."""
    reference = {"reference": f"{base}/Subscription/{standing.subscription_id}"}
    said: list[Resource] = [{"name": "subscription", "valueReference": reference}]
    if content != "empty" or kind != "event-notification":
        said.append({"name": "topic", "valueCanonical": standing.topic})
    said += [
        {"name": "status", "valueCode": standing.status},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(standing.events)},
    ]
    said += [_event(base, one, content) for one in events]
    if standing.error is not None:
        said.append({"name": "error", "valueCodeableConcept": {"text": standing.error}})
    return {"resourceType": "Parameters", "meta": {"profile": [_STATUS]}, "parameter": said}


def _event(base: str, told: Told, content: Content) -> Resource:
    parts: list[Resource] = [{"name": "event-number", "valueString": str(told.number)}]
    if told.at is not None:
        parts.append({"name": "timestamp", "valueInstant": told.at.isoformat()})
    if told.focus is not None and content != "empty":
        parts.append({"name": "focus", "valueReference": {"reference": _address(base, told.focus)}})
    return {"name": "notification-event", "part": parts}


def _entry(base: str, focus: Focus) -> Resource:
    is_first = focus.version == 1
    path = f"{focus.resource_type}/{focus.resource_id}"
    request = {
        "method": "POST" if is_first else "PUT",
        "url": focus.resource_type if is_first else path,
    }
    return {
        "fullUrl": _address(base, focus),
        "resource": focus.resource,
        "request": request,
        "response": {"status": line(201 if is_first else 200)},
    }


def _address(base: str, focus: Focus) -> str:
    return f"{base}/{focus.resource_type}/{focus.resource_id}"
