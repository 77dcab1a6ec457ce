"""Where a Bundle comes from: the message, its time and its sender (v2-to-FHIR EVN[Provenance])."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from adapter.conversion.draft import Draft, Reference, Resource, coding, reference
from adapter.conversion.hl7_time import Hl7Time, read_time
from adapter.er7 import NO_VALUE, Segment
from conformance import canonical
from nhs import addresses

_UNKNOWN = {"url": addresses.EXTENSION_DATA_ABSENT_REASON, "valueCode": "unknown"}
_NO_TIME = Hl7Time("")


@dataclass(slots=True)
class MessageTimes:
    """When it happened (EVN-6), when that was recorded (EVN-2), and when the message was made
    (MSH-7)."""

    happened: Hl7Time
    recorded: Hl7Time
    sent: Hl7Time

    @property
    def event(self) -> str:
        """The best that is said of when it happened, as FHIR dateTime; '' where nothing is."""
        return self.happened.text or self.recorded.text or self.sent.text


def message_times(draft: Draft) -> MessageTimes:
    """Takes a draft; returns the times of its message, and notes what is wrong with them."""
    event = draft.message.first("EVN")
    return MessageTimes(
        _time(event, 6, "EVN[1]", draft),
        _time(event, 2, "EVN[1]", draft),
        _time(draft.message.header, 7, "MSH[1]", draft),
    )


def provenance(draft: Draft, times: MessageTimes, targets: list[Reference]) -> Resource:
    """Takes the times of the message and what it is about; returns the Provenance of it all."""
    resource: Resource = {
        "resourceType": "Provenance",
        "id": draft.id_of_message("Provenance"),
        "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}Provenance"]},
        "target": targets,
    }
    if times.happened.text:
        resource["occurredDateTime"] = times.happened.text
    when = times.recorded if times.recorded.is_full else times.sent
    if when.is_full:
        resource["recorded"] = when.text
    else:
        resource["_recorded"] = {"extension": [_UNKNOWN]}
    resource["agent"] = [{"who": reference(draft.sender.id)}]
    resource["entity"] = _sources(draft)
    return resource


def _sources(draft: Draft) -> list[Resource]:
    control_id = draft.message.header.text(10)
    identifiers = [{"system": "urn:ietf:rfc:3986", "value": f"urn:hash::sha256:{draft.digest}"}]
    if control_id in NO_VALUE:
        draft.note("control-id-missing", "MSH[1]-10")
    else:
        identifiers.insert(0, {"system": canonical.MESSAGE_CONTROL_ID, "value": control_id})
    return [{"role": "source", "what": {"identifier": one}} for one in identifiers]


def message_header(draft: Draft, focus: list[Reference]) -> Resource:
    """Takes what the message is about; returns its header (v2-to-FHIR MSH[MessageHeader])."""
    application = draft.message.header.text(3)
    source: Resource = {} if application in NO_VALUE else {"name": application}
    source["endpoint"] = canonical.local_identifier(
        draft.sender.key, f"application-{application or 'unknown'}"
    )
    return {
        "resourceType": "MessageHeader",
        "id": draft.id_of_message("MessageHeader"),
        "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}MessageHeader"]},
        "eventCoding": coding(addresses.V2_EVENT, draft.event.code),
        "sender": reference(draft.sender.id),
        "source": source,
        "focus": focus,
    }


def sending_organization(draft: Draft) -> Resource:
    """The sender: its ODS code, or where there is none its name and an issue."""
    if not draft.sender.ods:
        draft.note("sender-unknown", "MSH[1]-4")
    return _organization(draft.sender.id, draft.sender.ods, draft.sender.name)


@lru_cache(maxsize=1024)
def _organization(own_id: str, ods: str, name: str) -> Resource:
    organization: Resource = {
        "resourceType": "Organization",
        "id": own_id,
        "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}Organization"]},
    }
    if ods:
        organization["identifier"] = [{"system": addresses.ODS_ORGANISATION, "value": ods}]
    if name:
        organization["name"] = name
    return organization


def _time(segment: Segment | None, field: int, label: str, draft: Draft) -> Hl7Time:
    written = segment.text(field) if segment else ""
    if written in NO_VALUE:
        return _NO_TIME
    time = read_time(written, draft.site.time_zone)
    if time.issue:
        draft.note(time.issue, f"{label}-{field}")
    return time
