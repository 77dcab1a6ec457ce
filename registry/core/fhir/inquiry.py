"""Inquiries as Tasks for the organisation asked."""

from __future__ import annotations

from collections.abc import Iterator

from conformance import canonical
from nhs import addresses
from registry.core.fhir.drawing import Drawing
from registry.core.fhir.elements import Resource, concept, task_input, valued
from registry.core.fhir.review import output
from registry.core.inquiries import Asked, Inquiry
from registry.core.reviews import State

_NAMES = {
    Asked.DATA_QUALITY: "Data quality",
    Asked.CONFIRM_FLAG: "Confirm a possible flag",
    Asked.CONFIRM_ALARM: "Confirm that an alarm covers the death",
}
_SUBJECTS = {
    Asked.DATA_QUALITY: canonical.DATA_QUALITY,
    Asked.CONFIRM_FLAG: canonical.FLAG_CODE,
    Asked.CONFIRM_ALARM: canonical.ALARM_KIND,
}


def inquiry_key(inquiry: Inquiry) -> str:
    """What an inquiry is about its person, for the id of its Task."""
    return f"inquiry {inquiry.route}"


def tasks(drawing: Drawing) -> Iterator[tuple[Resource, str]]:
    """One Task for each inquiry, with the organisation it is for: nobody else sees it."""
    for inquiry in drawing.state.inquiries:
        yield _task(drawing, inquiry), inquiry.owner


def _task(drawing: Drawing, inquiry: Inquiry) -> Resource:
    is_answered = inquiry.answered is not None
    state = State.COMPLETED if is_answered else State.PROPOSED
    system = _SUBJECTS[inquiry.asked]
    answer = inquiry.answered
    return valued(
        resourceType="Task",
        id=drawing.id(inquiry_key(inquiry)),
        meta={"profile": [canonical.INQUIRY_TASK, f"{addresses.UK_CORE_PROFILE}Task"]},
        status="completed" if is_answered else "requested",
        businessStatus=concept(
            canonical.REVIEW_STATE, state, "Answered" if is_answered else "To be answered"
        ),
        intent="order",
        code=concept(canonical.INQUIRY, inquiry.asked, _NAMES[inquiry.asked]),
        description=inquiry.sentence,
        **{"for": drawing.subject()},
        requester={"display": "Learning from Deaths registry"},
        owner=drawing.organisation(inquiry.owner),
        reasonCode=concept(system, inquiry.subject, inquiry.sentence),
        input=list(_inputs(drawing, inquiry)),
        output=[output(outcome) for outcome in (answer.outcomes if answer else ())],
    )


def _inputs(drawing: Drawing, inquiry: Inquiry) -> Iterator[Resource]:
    for sentence in inquiry.evidence:
        yield task_input("evidence", sentence)
    if inquiry.source and inquiry.source != inquiry.owner:
        yield task_input("asked-about", drawing.organisation(inquiry.source))
    if inquiry.alarm:
        yield task_input("alarm", {"reference": f"ServiceRequest/{inquiry.alarm}"})
    if inquiry.about:
        yield task_input("facts", inquiry.about)
