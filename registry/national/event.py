"""National events: pointers to whom something happened, in each shape they are delivered in.

Sources: NHS England, Multicast Notification Service: signals as FHIR R4 `history` Bundles (HL7
Subscriptions R5 Backport), as CloudEvents 1.0, and the older objects with a status
(`pds-death-notification-1`); National Events Management Service: FHIR STU3 message Bundles. None
is taken at its word: what it says of the person is read again where it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from nhs import addresses, nhs_number
from registry.national.foreign_json import Json, as_object, objects

_STATUS_PROFILE = (
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
    "backport-subscription-status-r4"
)
# The longest id or source that is kept; those the nation sends are UUIDs and short addresses.
_LONGEST = 200


class Kind(StrEnum):
    """Which service an event asks us to read."""

    DEMOGRAPHICS = "demographics"
    ADJUSTMENTS = "adjustments"


_KINDS = {
    "pds-death-notification-1": Kind.DEMOGRAPHICS,
    "pds-death-notification-2": Kind.DEMOGRAPHICS,
    "nhs-number-change-1": Kind.DEMOGRAPHICS,
    "nhs-number-change-2": Kind.DEMOGRAPHICS,
    "pds-record-change-1": Kind.DEMOGRAPHICS,
    "pds-record-change-2": Kind.DEMOGRAPHICS,
    "patientflags-change-1": Kind.ADJUSTMENTS,
}


class UnreadableEvent(ValueError):
    """What came is no national event: says where, and what was expected; never a value of it."""

    def __init__(self, expression: str, text: str) -> None:
        super().__init__(text)
        self.expression = expression


@dataclass(frozen=True, slots=True)
class Event:
    """One event: who published it and under which id, its type, and the NHS number it is about.

    Source and id together are the event's identity (CloudEvents 1.0, section 3.1).
    """

    source: str
    event_id: str
    event_type: str
    number: str

    @property
    def kind(self) -> Kind | None:
        """What it asks us to read; None for a type that is none of our concern."""
        return _KINDS.get(self.event_type)


def events(content: Any) -> list[Event]:
    """Takes the JSON value that came: a `history` Bundle, a message Bundle (STU3), one CloudEvent,
    or a batch of them; returns its events. Raises UnreadableEvent: it is none of these, or lacks
    what an event cannot be without."""
    if isinstance(content, list):
        return [_cloud_event(one) for one in cast("list[Any]", content)]
    if not isinstance(content, dict):
        raise UnreadableEvent("", "A national event is a JSON object, or a list of CloudEvents.")
    said = cast(Json, content)
    if said.get("resourceType") is None:
        return [_cloud_event(said)]
    if said["resourceType"] == "Bundle" and said.get("type") == "history":
        return list(_notified(said))
    if said["resourceType"] == "Bundle" and said.get("type") == "message":
        return [_stu3_message(said)]
    raise UnreadableEvent(
        "Bundle.type", "A national event in FHIR is a Bundle of type history, or message (STU3)."
    )


def _cloud_event(content: Any) -> Event:
    if not isinstance(content, dict):
        raise UnreadableEvent("", "Each CloudEvent of a batch is a JSON object.")
    said = cast(Json, content)
    subject, source = said.get("subject"), said.get("source")
    # Before CloudEvents (`-1`), both were objects.
    if isinstance(subject, dict):
        subject = cast(Json, subject).get("nhsNumber")
    if isinstance(source, dict):
        source = as_object(cast(Json, source).get("identifier")).get("value")
    return Event(
        source=_text(source, "source", "who published the event"),
        event_id=_text(said.get("id"), "id", "the id of the event"),
        event_type=_text(said.get("type"), "type", "the type of the event"),
        number=_number(subject, "subject"),
    )


def _notified(bundle: Json) -> Iterator[Event]:
    statuses = [one for one in _resources(bundle) if _is_status(one)]
    if not statuses:
        raise UnreadableEvent(
            "Bundle.entry", f"The first entry is Parameters of the profile {_STATUS_PROFILE}."
        )
    for status in statuses:
        yield from _of_status(bundle, status)


def _of_status(bundle: Json, status: Json) -> Iterator[Event]:
    parameters = objects(status.get("parameter"))
    kind = _named(parameters, "type").get("valueCode")
    if kind in ("handshake", "heartbeat"):
        return
    context = objects(_named(parameters, "additional-context").get("part"))
    subject = as_object(
        as_object(_named(context, "subject").get("valueReference")).get("identifier")
    )
    where = "Parameters.parameter[additional-context]"
    yield Event(
        source=_text(_named(context, "source").get("valueUri"), where, "its part source"),
        event_id=_text(status.get("id") or bundle.get("id"), "Parameters.id", "the event's id"),
        event_type=_text(
            _named(context, "event-type").get("valueString"), where, "its part event-type"
        ),
        number=_number(subject.get("value"), where),
    )


def _is_status(resource: Json) -> bool:
    profiles = as_object(resource.get("meta")).get("profile")
    return (
        resource.get("resourceType") == "Parameters"
        and isinstance(profiles, list)
        and _STATUS_PROFILE in cast("list[Any]", profiles)
    )


def _stu3_message(bundle: Json) -> Event:
    """The predecessor's message: it holds a Patient, of which we take no more than the number."""
    resources = _resources(bundle)
    header = _first(resources, "resourceType", "MessageHeader")
    patient = _first(resources, "resourceType", "Patient")
    numbers = [
        one.get("value")
        for one in objects(patient.get("identifier"))
        if one.get("system") == addresses.NHS_NUMBER
    ]
    code = as_object(header.get("event") or header.get("eventCoding")).get("code")
    source = as_object(header.get("source")).get("endpoint")
    return Event(
        source=_text(source, "MessageHeader.source.endpoint", "who published the event"),
        event_id=_text(
            header.get("id") or bundle.get("id"), "MessageHeader.id", "the id of the event"
        ),
        event_type=_text(code, "MessageHeader.event.code", "the type of the event"),
        number=_number(numbers[0] if numbers else None, "Patient.identifier"),
    )


def _resources(bundle: Json) -> list[Json]:
    return [as_object(entry.get("resource")) for entry in objects(bundle.get("entry"))]


def _named(parts: list[Json], name: str) -> Json:
    return _first(parts, "name", name)


def _first(found: list[Json], element: str, value: str) -> Json:
    nothing: Json = {}
    return next((one for one in found if one.get(element) == value), nothing)


def _text(value: Any, expression: str, what: str) -> str:
    if not isinstance(value, str) or not value or len(value) > _LONGEST or not value.isprintable():
        raise UnreadableEvent(expression, f"A national event names {what}: text, at {expression}.")
    return value


def _number(value: Any, expression: str) -> str:
    if not isinstance(value, str) or not nhs_number.is_valid(value):
        raise UnreadableEvent(
            expression, f"A national event is about somebody: a valid NHS number, at {expression}."
        )
    return value
