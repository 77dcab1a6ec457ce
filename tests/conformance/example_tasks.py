"""Reviews and questions as our profiles want them, and others that differ in one thing."""

from __future__ import annotations

from typing import Any

from conformance import canonical
from tests.conformance.example_elements import PERSON_HERE, SENDER, coded, profiled, without

Resource = dict[str, Any]
TASK: Resource = {
    "resourceType": "Task",
    "id": "1",
    "meta": {"profile": [canonical.REVIEW_TASK]},
    "identifier": [{"system": canonical.REVIEW_ID, "value": "1"}],
    "groupIdentifier": {"system": canonical.CASE_ID, "value": "1"},
    "status": "requested",
    "businessStatus": coded(canonical.REVIEW_STATE, "proposed"),
    "intent": "order",
    "code": coded(canonical.REVIEW_ROUTE, "leder"),
    "focus": {"reference": "Observation/1"},
    "for": {"reference": "Patient/1"},
    "authoredOn": "2026-03-14T12:00:00Z",
    "lastModified": "2026-03-14T12:00:00Z",
    "requester": {"display": "Learning from Deaths registry"},
}


INQUIRY: Resource = {
    "resourceType": "Task",
    "id": "2",
    **profiled(canonical.INQUIRY_TASK),
    "status": "requested",
    "businessStatus": coded(canonical.REVIEW_STATE, "proposed"),
    "intent": "order",
    "code": coded(canonical.INQUIRY, "confirm-flag"),
    "description": "Possible learning disability: please find out.",
    "for": PERSON_HERE,
    "authoredOn": "2026-03-14T12:00:00Z",
    "lastModified": "2026-03-14T12:00:00Z",
    "requester": {"display": "Learning from Deaths registry"},
    "owner": SENDER,
    "reasonCode": coded(canonical.FLAG_CODE, "learning-disability"),
}


def with_input(kind: str, **value: Any) -> Resource:
    return {"input": [{"type": coded(canonical.REVIEW_INPUT, kind), **value}]}


def with_output(kind: str, **value: Any) -> Resource:
    return {"output": [{"type": coded(canonical.REVIEW_OUTPUT, kind), **value}]}


def judged(scale: str, score: str) -> Resource:
    return with_output("judgement", valueCodeableConcept=coded(scale, score))


def screened(code: str) -> Resource:
    return with_output("screening", valueCodeableConcept=coded(canonical.REVIEW_NECESSITY, code))


HELD = {
    "status": "on-hold",
    "statusReason": coded(canonical.REVIEW_REASON, "coroner"),
    "businessStatus": coded(canonical.REVIEW_STATE, "on-hold"),
}


def right_tasks() -> dict[str, Resource]:
    return {
        "task": TASK,
        "task on hold": TASK | HELD,
        "task with a judgement": TASK | judged(canonical.JUDGEMENT_RCP_NQB, "1"),
        "task screened": TASK | screened("selected"),
        "task due": TASK | {"restriction": {"period": {"end": "2026-03-20"}}},
        "question": INQUIRY,
    }


def wrong_tasks() -> dict[str, Resource]:
    necessity = coded(canonical.REVIEW_INPUT, "necessity")
    rule = coded(canonical.LEAD_RULE, "area-icb")
    return {
        "unknown route": TASK | {"code": coded(canonical.REVIEW_ROUTE, "inquest")},
        "state in words": TASK | {"businessStatus": {"text": "proposed"}},
        "no order": TASK | {"intent": "plan"},
        "case of somebody else": TASK | {"groupIdentifier": {"system": "urn:x", "value": "1"}},
        "input of no kind": TASK | {"input": [{"type": rule, "valueString": "x"}]},
        "rule as necessity": TASK | {"input": [{"type": necessity, "valueCodeableConcept": rule}]},
        "offer in words": TASK | with_input("offered-to", valueString="RT1"),
        "concern in words": TASK | with_input("concern", valueString="The scan was late."),
        "hold for no process": TASK | {"status": "on-hold", "statusReason": {"text": "Later."}},
        "due on no date": TASK | {"restriction": {"period": {"start": "2026-03-20"}}},
        "output of no kind": TASK | {"output": [{"type": rule, "valueString": "x"}]},
        "judgement in words": TASK | with_output("judgement", valueString="5"),
        "judgement beyond the scale": TASK | judged(canonical.JUDGEMENT_PRISM, "7"),
        "judgement on no scale": TASK | judged(canonical.REVIEW_NECESSITY, "required"),
        "screened by another code": TASK | screened("required"),
        "question to nobody": without(INQUIRY, "owner"),
        "question without words": without(INQUIRY, "description"),
        "question about a review": INQUIRY | {"code": coded(canonical.REVIEW_ROUTE, "leder")},
        "question about a state": INQUIRY | {"reasonCode": coded(canonical.REVIEW_STATE, "ended")},
    }
