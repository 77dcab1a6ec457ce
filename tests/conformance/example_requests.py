"""A concern and an alarm as our profiles want them, and others that differ in one thing."""

from __future__ import annotations

from typing import Any

from conformance import canonical
from nhs import addresses
from tests.conformance.example_elements import PERSON_HERE, SENDER, coded, profiled, without

Resource = dict[str, Any]
CONCERN: Resource = {
    "resourceType": "ServiceRequest",
    **profiled(canonical.CONCERN),
    "identifier": [{"system": "https://rt1.example/concern", "value": "C-1"}],
    "status": "active",
    "intent": "proposal",
    "code": {"text": "Review of the care before a death"},
    "subject": {"identifier": {"system": addresses.NHS_NUMBER, "value": "9990000018"}},
    "requester": SENDER,
    "reasonCode": [
        coded(canonical.CONCERN_KIND, "medical-examiner-referral"),
        coded(canonical.CONCERN_KIND, "recommended-case-record-review"),
    ],
    "note": [{"text": "The family asks why the scan was late."}],
}
ALARM: Resource = {
    "resourceType": "ServiceRequest",
    **profiled(canonical.ALARM),
    "contained": [
        {
            "resourceType": "Group",
            "id": "deaths",
            "type": "person",
            "actual": False,
            "characteristic": [
                {
                    "code": coded(canonical.ALARM_SUBJECT, "specialty"),
                    "valueCodeableConcept": coded(addresses.MAIN_SPECIALTY, "180"),
                    "exclude": False,
                }
            ],
        }
    ],
    "status": "active",
    "intent": "proposal",
    "code": {"text": "Review of the deaths of a service"},
    "subject": {"reference": "#deaths"},
    "occurrencePeriod": {"start": "2026-01-01"},
    "requester": SENDER,
    "reasonCode": [coded(canonical.ALARM_KIND, "service-alarm")],
}


def grouped(group: Resource) -> Resource:
    return ALARM | {"contained": [group]}


def right_requests() -> dict[str, Resource]:
    return {"concern": CONCERN, "alarm": ALARM}


def wrong_requests() -> dict[str, Resource]:
    recommended = coded(canonical.CONCERN_KIND, "recommended-pals")
    staff = coded(canonical.CONCERN_KIND, "staff-concern")
    other = coded(canonical.ALARM_SUBJECT, "outcome")
    group: Resource = ALARM["contained"][0]
    (common,) = group["characteristic"]
    return {
        "concern of nobody": CONCERN | {"reasonCode": [recommended]},
        "concern of two": CONCERN | {"reasonCode": [*CONCERN["reasonCode"], staff]},
        "concern by no code": CONCERN | {"reasonCode": [{"text": "Staff are worried."}]},
        "concern that is a draft": CONCERN | {"status": "draft"},
        "concern that is an order": CONCERN | {"intent": "order"},
        "concern about a group": ALARM | profiled(canonical.CONCERN),
        "alarm about a person": ALARM | {"subject": PERSON_HERE},
        "alarm for ever": without(ALARM, "occurrencePeriod"),
        "alarm of two kinds": ALARM | {"reasonCode": [*ALARM["reasonCode"], staff]},
        "alarm on nothing": grouped(without(group, "characteristic")),
        "alarm on anything": grouped(group | {"characteristic": [common | {"code": other}]}),
        "alarm that names people": grouped(group | {"member": [{"entity": PERSON_HERE}]}),
        "alarm on all others": grouped(group | {"characteristic": [common | {"exclude": True}]}),
    }
