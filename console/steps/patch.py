"""The change of a Task that a step amounts to, as JSON Patch (RFC 6902)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance import canonical
from console.steps.forms import SCALE_OF_CODE
from nhs import addresses
from registry.core import judgement
from registry.core.decision import Step
from registry.core.fhir.elements import kind_of, task_input, task_output
from registry.core.flags import FINDING
from registry.core.steps.reading import NOT_SELECTED, SCREENING, SELECTED
from registry.core.steps.task import ReviewTask

Resource = dict[str, Any]
Operations = list[Resource]

_STATUS = {
    Step.START: "in-progress",
    Step.RESUME: "in-progress",
    Step.HOLD: "on-hold",
    Step.REOPEN: "in-progress",
    Step.CLOSE: "cancelled",
}


def operations(step: Step, task: Resource, values: Mapping[str, str], us: str) -> Operations:
    """Takes a step, the Task as it was shown, what was filled in, and the organisation (ODS code)
    that takes the step; returns the operations on that version of the Task."""
    review = ReviewTask(task)
    match step:
        case Step.ACCEPT if review.offered_to == us and review.owner != us:
            return [_replaced("owner", _organisation(us))]
        case Step.ACCEPT:
            return [_replaced("status", "accepted")]
        case Step.DECLINE if review.offered_to == us and review.owner != us:
            return [_without(task, "offered-to"), *_reason(values)]
        case Step.DECLINE:
            return [_replaced("status", "rejected"), *_reason(values)]
        case Step.SCREEN:
            return _screened(values)
        case Step.COMPLETE:
            outputs = list(_outputs(values))
            found = [_added("output", outputs)] if outputs else []
            return [_replaced("status", "completed"), *found, *_reason(values)]
        case Step.OFFER:
            return [_replaced("owner", _organisation(values["to"].upper())), *_reason(values)]
        case Step.WITHDRAW_OFFER:
            return [_without(task, "offered-to")]
        case Step.JOIN:
            return [_with(task, task_input("contributor", _organisation(us)))]
        case Step.LEAVE:
            return [_without(task, "contributor", us)]
        case Step.LIAISE:
            return _contact(task, values.get("contact", ""))
        case Step.DISAGREE:
            return [_with(task, task_input("disagreement", values["words"]))]
        case _:
            return [_replaced("status", _STATUS[step]), *_reason(values)]


def _replaced(element: str, value: Any) -> Resource:
    return {"op": "replace", "path": f"/{element}", "value": value}


def _added(element: str, value: Any) -> Resource:
    return {"op": "add", "path": f"/{element}", "value": value}


def _reason(values: Mapping[str, str]) -> Operations:
    code, text = values.get("reason_code"), values.get("reason")
    said: Resource = {}
    if code:
        said["coding"] = [{"system": canonical.REVIEW_REASON, "code": code}]
    if text:
        said["text"] = text
    return [_added("statusReason", said)] if said else []


def _organisation(ods: str) -> Resource:
    return {"identifier": {"system": addresses.ODS_ORGANISATION, "value": ods}}


def _with(task: Resource, parameter: Resource) -> Resource:
    return _added("input/-", parameter) if task.get("input") else _added("input", [parameter])


def _places(task: Resource, kind: str, ods: str | None) -> Iterator[int]:
    inputs: list[Resource] = task.get("input", [])
    for place, one in enumerate(inputs):
        named = one.get("valueReference", {}).get("identifier", {}).get("value")
        if kind_of(one, canonical.REVIEW_INPUT) == kind and ods in (None, named):
            yield place


def _without(task: Resource, kind: str, ods: str | None = None) -> Resource:
    """KeyError where there is no such input: the step was not on the page."""
    place = next(_places(task, kind, ods), None)
    if place is None:
        raise KeyError(kind)
    return {"op": "remove", "path": f"/input/{place}"}


def _contact(task: Resource, words: str) -> Operations:
    place = next(_places(task, "family-contact", None), None)
    made = task_input("family-contact", words)
    if place is None:
        return [_with(task, made)] if words else []
    if not words:
        return [{"op": "remove", "path": f"/input/{place}"}]
    return [{"op": "replace", "path": f"/input/{place}", "value": made}]


def _screened(values: Mapping[str, str]) -> Operations:
    result = SELECTED if values["screening"] == SELECTED else NOT_SELECTED
    output = _added("output", [task_output(SCREENING, _coded(canonical.REVIEW_NECESSITY, result))])
    if result == SELECTED:
        return [output]
    return [_replaced("status", "completed"), output, *_reason(values)]


def _outputs(values: Mapping[str, str]) -> Iterator[Resource]:
    if finding := values.get("finding"):
        yield task_output(FINDING, _coded(canonical.FLAG_FINDING, finding))
    if judged := values.get("judgement"):
        scale, _, score = judged.rpartition("-")
        yield task_output(judgement.KIND, _coded(SCALE_OF_CODE[scale], score))
    for kind in ("overall-care", "notified", "learning", "action"):
        if words := values.get(kind):
            yield task_output(kind, words)
    for theme in values.get("theme", "").splitlines():
        if theme.strip():
            yield task_output("theme", theme.strip())


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}
