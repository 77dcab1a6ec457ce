"""Reviews as Tasks: what is needed and why, who leads or is asked to, and how far it has gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from conformance import canonical
from nhs import addresses
from nhs.london_time import london_date, spoken_date
from registry.core.decision import Decision, Outcome, Reason
from registry.core.due import due_on, wakes_on
from registry.core.fhir.death import finding_concept
from registry.core.fhir.drawing import Drawing
from registry.core.fhir.elements import Resource, concept, task_input, task_output, valued
from registry.core.fhir.evidence import flag_key
from registry.core.flags import Evidence
from registry.core.reviews import Necessity, Review, State

NECESSITY_NAMES = {
    Necessity.TO_BE_SCREENED: "To be screened",
    Necessity.REQUIRED: "Required",
    Necessity.SELECTED: "Selected",
    Necessity.NOT_SELECTED: "Not selected after screening",
}
STATE_NAMES = {
    State.PROPOSED: "Lead proposed",
    State.NOBODY_PROPOSED: "Nobody is left to propose as lead",
    State.ACCEPTED: "Lead accepted",
    State.IN_PROGRESS: "In progress",
    State.ON_HOLD: "On hold",
    State.COMPLETED: "Completed",
    State.OUT_OF_SCOPE: "Lead accepted; facts changed, no longer in scope: the lead decides",
    State.CLOSED: "Closed by the lead",
    State.ENDED: "Ended because the facts changed",
}
TASK_STATUS = {
    State.PROPOSED: "requested",
    State.NOBODY_PROPOSED: "requested",
    State.ACCEPTED: "accepted",
    State.IN_PROGRESS: "in-progress",
    State.ON_HOLD: "on-hold",
    State.COMPLETED: "completed",
    State.OUT_OF_SCOPE: "accepted",
    State.CLOSED: "cancelled",
    State.ENDED: "entered-in-error",
}


def review_key(route: str) -> str:
    """What a review is about its person, for the id of its Task."""
    return f"review {route}"


def tasks(
    drawing: Drawing, began: Mapping[str, datetime], now: datetime
) -> Iterator[tuple[Resource, date | None]]:
    """One Task for each review, and the day on which the clock has to look at it; `began` says when
    those known were first proposed."""
    for review in drawing.state.reviews:
        task_id = drawing.id(review_key(review.route.code))
        since = began.get(task_id, now)
        yield _task(drawing, review, task_id, since), wakes_on(review, since)


def _task(drawing: Drawing, review: Review, task_id: str, began: datetime) -> Resource:
    since = review.lead_since
    due = due_on(review, began)
    return valued(
        resourceType="Task",
        id=task_id,
        meta={"profile": [canonical.REVIEW_TASK, f"{addresses.UK_CORE_PROFILE}Task"]},
        identifier=[{"system": canonical.REVIEW_ID, "value": task_id}],
        groupIdentifier={"system": canonical.CASE_ID, "value": drawing.id("case")},
        status=TASK_STATUS[review.state],
        statusReason=_status_reason(review),
        businessStatus=concept(canonical.REVIEW_STATE, review.state, STATE_NAMES[review.state]),
        intent="order",
        code=concept(canonical.REVIEW_ROUTE, review.route.code, review.route.name),
        focus={"reference": f"Observation/{drawing.id('death')}"},
        **{"for": drawing.subject()},
        executionPeriod=valued(
            start=since.isoformat() if since else None,
            end=_finished(review),
        ),
        requester={"display": "Learning from Deaths registry"},
        owner=drawing.organisation(review.owner) if review.owner else None,
        reasonCode=_reason(drawing),
        restriction={"period": {"end": due.isoformat()}} if due else None,
        input=list(_inputs(drawing, review)),
        output=[output(outcome) for outcome in _outcomes(review)],
    )


def _status_reason(review: Review) -> Resource | None:
    if review.ended_because and review.state in (State.ENDED, State.OUT_OF_SCOPE):
        return {"text": review.ended_because}
    match review.state:
        case State.ON_HOLD:
            return reason_concept(review.course.hold)
        case State.CLOSED:
            return reason_concept(review.course.closed_because)
        case State.COMPLETED if review.course.selected is False:
            return reason_concept(review.course.closed_because)
        case _:
            return None


def reason_concept(reason: Reason | None) -> Resource | None:
    """Takes why a step was taken; returns it as a concept, None where no reason was given."""
    if reason is None:
        return None
    coding = [{"system": canonical.REVIEW_REASON, "code": reason.code}] if reason.code else []
    return valued(coding=coding, text=reason.text) or None


def _finished(review: Review) -> str | None:
    at = review.course.completed_at
    return at.isoformat() if at and review.state is State.COMPLETED else None


def _outcomes(review: Review) -> tuple[Outcome, ...]:
    return review.course.outcomes if review.state is State.COMPLETED else ()


def output(outcome: Outcome) -> Resource:
    """Takes one thing that was found; returns it as Task.output."""
    if outcome.code is None:
        return task_output(outcome.kind, outcome.text or "")
    coding = valued(system=outcome.system, code=outcome.code)
    return task_output(outcome.kind, valued(coding=[coding], text=outcome.text))


def _reason(drawing: Drawing) -> Resource | None:
    in_scope = [f for f in drawing.state.findings if f.makes_case]
    return finding_concept(drawing, in_scope[0]) if in_scope else None


def _inputs(drawing: Drawing, review: Review) -> Iterator[Resource]:
    if review.state not in (State.ENDED, State.OUT_OF_SCOPE, State.CLOSED):
        necessity = review.necessity
        yield task_input(
            "necessity",
            concept(canonical.REVIEW_NECESSITY, necessity, NECESSITY_NAMES[necessity]),
        )
    for finding in drawing.state.findings:
        if finding.makes_case:
            yield task_input("scope", finding_concept(drawing, finding))
    yield from _death_sources(drawing)
    for criterion in review.criteria:
        yield task_input(
            "criterion", concept(canonical.REVIEW_CRITERION, criterion.code, criterion.sentence)
        )
    yield from _evidence(drawing)
    for concern in drawing.state.concerns:
        if not concern.is_withdrawn:
            reference = f"ServiceRequest/{drawing.id(f'concern {concern.number}')}"
            yield task_input("concern", {"reference": reference, "display": concern.phrase})
    for note in review.notes:
        yield task_input("note", note)
    if review.proposed:
        rule = concept(canonical.LEAD_RULE, review.proposed.rule, review.proposed.sentence)
        yield task_input("lead-rule", rule)
    yield from _course(drawing, review)


def _death_sources(drawing: Drawing) -> Iterator[Resource]:
    died = drawing.state.death
    for claim in died.claims if died else ():
        statement = claim.statement
        yield task_input(
            "death-source",
            f"{drawing.name(claim.source)} said so in message "
            f"{statement.control_id or 'without control id'} ({statement.trigger}).",
        )


def _evidence(drawing: Drawing) -> Iterator[Resource]:
    for flag in drawing.state.flags:
        for evidence in flag.evidence:
            yield task_input(
                "evidence",
                {
                    "reference": f"Flag/{drawing.id(flag_key(flag))}",
                    "display": f"{flag.name}: {_sentence(drawing, evidence)}",
                },
            )


def _sentence(drawing: Drawing, evidence: Evidence) -> str:
    return evidence.sentence(drawing.name(evidence.source))


def _course(drawing: Drawing, review: Review) -> Iterator[Resource]:
    """What people did that the review's elements do not say."""
    so_far = review.course
    if so_far.offered_to:
        yield task_input("offered-to", drawing.organisation(so_far.offered_to))
    for contributor in so_far.contributors:
        yield task_input("contributor", drawing.organisation(contributor))
    if so_far.contact:
        yield task_input("family-contact", so_far.contact)
    for declined in so_far.declined:
        yield task_input("declined", _said(drawing, declined))
    for disagreement in so_far.disagreements:
        yield task_input("disagreement", _said(drawing, disagreement))
    if so_far.escalated_at:
        yield task_input("escalated", so_far.escalated_at.isoformat())


def _said(drawing: Drawing, decision: Decision) -> str:
    reason = decision.reason
    words = (reason.text or reason.code or "") if reason else ""
    when = spoken_date(london_date(decision.at))
    said = f"{drawing.name(decision.organisation)}, {when}"
    return f"{said}: {words}" if words else said
