"""Where a Bundle comes from: the message, its time and its sender (v2-to-FHIR EVN[Provenance])."""

from __future__ import annotations

from adapter.conversion.draft import Draft, Reference, Resource, coding, reference
from adapter.conversion.encounter import stable_sender_id
from adapter.conversion.hl7_time import Hl7Time, read_time
from adapter.er7 import NULL, Segment
from conformance import canonical
from nhs import addresses

_UNKNOWN = {"url": addresses.EXTENSION_DATA_ABSENT_REASON, "valueCode": "unknown"}
_NO_TIME = Hl7Time("")


def sent(draft: Draft) -> Hl7Time:
    """MSH-7: when the message was made."""
    return _time(draft.message.header, 7, "MSH[1]", draft)


def recorded(draft: Draft) -> Hl7Time:
    """EVN-2: when the event was recorded; MSH-7 where that is no full time."""
    written = _time(draft.message.first("EVN"), 2, "EVN[1]", draft)
    return written if written.is_full else sent(draft)


def event_time(draft: Draft) -> str:
    """When it happened: EVN-6, else EVN-2, else MSH-7, as FHIR dateTime; '' where none is said."""
    event = draft.message.first("EVN")
    times = (_time(event, 6, "EVN[1]", draft), _time(event, 2, "EVN[1]", draft), sent(draft))
    return next((time.text for time in times if time.text), "")


def provenance(draft: Draft, targets: list[Reference]) -> Resource:
    """Takes what the message is about; returns the Provenance of it all."""
    resource: Resource = {
        "resourceType": "Provenance",
        "id": draft.id_of_message("Provenance"),
        "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}Provenance"]},
        "target": targets,
    }
    happened = _time(draft.message.first("EVN"), 6, "EVN[1]", draft)
    if happened.text:
        resource["occurredDateTime"] = happened.text
    when = recorded(draft)
    if when.is_full:
        resource["recorded"] = when.text
    else:
        resource["_recorded"] = {"extension": [_UNKNOWN]}
    resource["agent"] = [{"who": reference(stable_sender_id(draft))}]
    resource["entity"] = _sources(draft)
    return resource


def _sources(draft: Draft) -> list[Resource]:
    control_id = draft.message.header.text(10)
    identifiers = [{"system": "urn:ietf:rfc:3986", "value": f"urn:hash::sha256:{draft.digest}"}]
    if control_id in {"", NULL}:
        draft.note("control-id-missing", "MSH[1]-10")
    else:
        identifiers.insert(0, {"system": canonical.MESSAGE_CONTROL_ID, "value": control_id})
    return [{"role": "source", "what": {"identifier": one}} for one in identifiers]


def message_header(draft: Draft, focus: list[Reference]) -> Resource:
    """Takes what the message is about; returns its header (v2-to-FHIR MSH[MessageHeader])."""
    application = draft.message.header.text(3)
    source: Resource = {} if application in {"", NULL} else {"name": application}
    source["endpoint"] = canonical.local_identifier(
        draft.sender.key, f"application-{application or 'unknown'}"
    )
    return {
        "resourceType": "MessageHeader",
        "id": draft.id_of_message("MessageHeader"),
        "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}MessageHeader"]},
        "eventCoding": coding(addresses.V2_EVENT, draft.event.code),
        "sender": reference(stable_sender_id(draft)),
        "source": source,
        "focus": focus,
    }


def sending_organization(draft: Draft) -> Resource:
    """The sender: its ODS code, or where there is none its name and an issue."""
    organization: Resource = {
        "resourceType": "Organization",
        "id": stable_sender_id(draft),
        "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}Organization"]},
    }
    if draft.sender.ods:
        ods = {"system": addresses.ODS_ORGANISATION, "value": draft.sender.ods}
        organization["identifier"] = [ods]
    else:
        draft.note("sender-unknown", "MSH[1]-4")
    if draft.sender.name:
        organization["name"] = draft.sender.name
    return organization


def _time(segment: Segment | None, field: int, label: str, draft: Draft) -> Hl7Time:
    known = draft.times.get((label, field))
    if known is None:
        known = draft.times[(label, field)] = _read(segment, field, label, draft)
    return known


def _read(segment: Segment | None, field: int, label: str, draft: Draft) -> Hl7Time:
    written = segment.text(field) if segment else ""
    if written in {"", NULL}:
        return _NO_TIME
    time = read_time(written, draft.site.time_zone)
    if time.issue:
        draft.note(time.issue, f"{label}-{field}")
    return time
