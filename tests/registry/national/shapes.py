"""National events as they are delivered, about one test person."""

from __future__ import annotations

from typing import Any

from nhs import addresses
from tests.registry.core.stating import NUMBER

Json = dict[str, Any]

WHO = NUMBER.value
ASID = "https://fhir.nhs.uk/Id/nhsSpineASID/477121000324"
_AT = "2026-01-25T13:00:00Z"
_PROFILE = (
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
    "backport-subscription-status-r4"
)

CLOUD_EVENT: Json = {
    "specversion": "1.0",
    "id": "6b1f5f0e-4b3d-4a52-9d7e-0d8f8a0f3c11",
    "source": ASID,
    "type": "pds-death-notification-2",
    "time": _AT,
    "dataref": f"https://pds.example/Patient/{WHO}",
    "subject": WHO,
}

OLDER: Json = {
    "id": "0e6c5f5a-9a3f-49f8-8f3c-2f2f5d0c7a22",
    "type": "pds-death-notification-1",
    "subject": {"nhsNumber": WHO, "familyName": "STANDING", "dob": "1950-02-03"},
    "source": {
        "name": "NHS Digital",
        "identifier": {"system": "https://fhir.nhs.uk/Id/nhsSpineASID", "value": "477121000324"},
    },
    "time": _AT,
    "data": {
        "fullUrl": f"https://pds.example/Patient/{WHO}",
        "versionId": 'W/"16"',
        "deathNotificationStatus": "2",
    },
}


def history(
    event_type: str, number: str = WHO, event_id: str = "event", kind: str = "event-notification"
) -> Json:
    """A notification Bundle of type history, with one subscription status."""
    parameters = [
        {"name": "subscription", "valueReference": {"reference": "https://mns.example/1"}},
        {"name": "status", "valueCode": "active"},
        {"name": "type", "valueCode": kind},
        {
            "name": "notification-event",
            "part": [
                {"name": "event-number", "valueString": "1"},
                {"name": "timestamp", "valueInstant": _AT},
                {
                    "name": "focus",
                    "valueReference": {"reference": f"https://pds.example/Patient/{number}"},
                },
            ],
        },
        {
            "name": "additional-context",
            "part": [
                {"name": "event-type", "valueString": event_type},
                {"name": "source", "valueUri": ASID},
                {"name": "subject", "valueReference": {"identifier": {"value": number}}},
            ],
        },
    ]
    status = {
        "resourceType": "Parameters",
        "id": event_id,
        "meta": {"profile": [_PROFILE]},
        "parameter": parameters,
    }
    entry = {
        "fullUrl": f"urn:uuid:{event_id}",
        "resource": status,
        "request": {"method": "GET", "url": "https://mns.example/subscriptions"},
        "response": {"status": "200"},
    }
    return {"resourceType": "Bundle", "type": "history", "timestamp": _AT, "entry": [entry]}


def stu3_message() -> Json:
    """The predecessor's message Bundle."""
    header = {
        "resourceType": "MessageHeader",
        "id": "header-1",
        "event": {"system": "https://fhir.nhs.uk/event", "code": "pds-death-notification-1"},
        "source": {"endpoint": ASID},
    }
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": addresses.NHS_NUMBER, "value": WHO}],
    }
    entries = [{"resource": header}, {"resource": patient}]
    return {"resourceType": "Bundle", "type": "message", "entry": entries}
