"""Which reviews one death has: those the facts call for, and those that only decisions keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time

from nhs.london_time import LONDON
from registry.core import leads
from registry.core.alarms import Bearing
from registry.core.conditions import Subject
from registry.core.decision import Decision, Step
from registry.core.judgement import is_due_to_problems
from registry.core.knowledge import Knowledge
from registry.core.leads import Around
from registry.core.lifecycle import Course, course
from registry.core.reviews import (
    CASE_RECORD_REVIEW,
    Necessity,
    Review,
    State,
    necessity,
    state,
    state_without_need,
)
from registry.core.rulebook import Criterion, Route

DEATH_TAKEN_BACK = "The death was taken back by its source."
OUT_OF_SCOPE = "The facts changed: the death is no longer in scope."
NOT_CALLED_FOR = "The facts changed: nothing calls for this review any more."


@dataclass(frozen=True, slots=True)
class Needing:
    """What the reviews of one person depend on; `subject` is None where there is no case."""

    subject: Subject | None
    around: Around
    is_death_known: bool
    knowledge: Knowledge


def reviews(needing: Needing, decisions: Iterable[Decision]) -> list[Review]:
    """Takes what the reviews depend on and the decisions taken; returns the reviews."""
    taken = _by_route(decisions)
    found: list[Review] = []
    routes = {route.code for route in needing.knowledge.rulebook.routes}
    subject = needing.subject
    if subject is not None:
        judged = _judged(taken[CASE_RECORD_REVIEW], needing.knowledge)
        subject = replace(
            subject,
            is_judged_due_to_problems=judged,
            first_provider=_first_provider(needing),
        )
        for route in needing.knowledge.rulebook.routes:
            if route.when(subject):
                found.append(_needed(route, subject, needing, taken.pop(route.code, [])))
    kept = [(code, of) for code, of in sorted(taken.items()) if of and code in routes]
    return found + [_kept(code, of, needing) for code, of in kept]


def _by_route(decisions: Iterable[Decision]) -> defaultdict[str, list[Decision]]:
    taken: defaultdict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        taken[decision.route].append(decision)
    return taken


def _course(decisions: Iterable[Decision], knowledge: Knowledge) -> Course:
    """The decisions folded, each as that of the organisation that today stands for its maker."""

    def today(code: str) -> str:
        return knowledge.directory.current(code, knowledge.on)

    return course(
        replace(d, organisation=today(d.organisation), to=today(d.to) if d.to else None)
        for d in decisions
    )


def _judged(decisions: list[Decision], knowledge: Knowledge) -> bool:
    return any(is_due_to_problems(outcome) for outcome in _course(decisions, knowledge).outcomes)


def _first_provider(needing: Needing) -> str | None:
    route = needing.knowledge.rulebook.route(CASE_RECORD_REVIEW)
    candidates = leads.candidates(route.leads, needing.around)
    return candidates[0].organisation if candidates else None


def _needed(route: Route, subject: Subject, needing: Needing, decisions: list[Decision]) -> Review:
    so_far = _course(decisions, needing.knowledge)
    held = _criteria(subject, needing) if route.has_criteria else ()
    needed = necessity(route, held, so_far)
    candidates = leads.candidates(route.leads, needing.around)
    review = Review(
        route=route,
        state=State.PROPOSED,
        necessity=needed,
        criteria=held,
        candidates=candidates,
        course=so_far,
        notes=_notes(route, subject),
    )
    stands = state(so_far, needed, has_candidate=review.proposed is not None)
    return _led(replace(review, state=stands), decisions, needing.knowledge)


def _criteria(subject: Subject, needing: Needing) -> tuple[Criterion, ...]:
    return tuple(c for c in needing.knowledge.rulebook.criteria if c.when(subject))


def _notes(route: Route, subject: Subject) -> tuple[str, ...]:
    """What whoever reviews must know: whom to share with, and alarms only people can match."""
    notes = [sentence for holds, sentence in route.notes if holds(subject)]
    if route.is_screened:
        notes += [_alarmed(bearing, subject) for bearing in subject.alarms if _is_told(bearing)]
    return tuple(notes)


def _is_told(bearing: Bearing) -> bool:
    """A specialty speaks for itself; a diagnosis that is held, or is to be found out, is told."""
    return bearing.is_open or (bool(bearing.evidence) and not bearing.has_specialty)


def _alarmed(bearing: Bearing, subject: Subject) -> str:
    alarm, name = bearing.alarm, subject.directory.name
    on = f"An alarm stands on {', '.join(alarm.diagnosis_groups)} at {name(alarm.organisation)}"
    if bearing.is_open:
        return f"{on}: check whether this death falls under it."
    shown = "; ".join(e.sentence(name(e.source)) for e in bearing.evidence)
    return f"{on}; this death falls under it by {shown}."


def _kept(code: str, decisions: list[Decision], needing: Needing) -> Review:
    """A review that the facts no longer call for: what people decided about it is not erased."""
    so_far = _course(decisions, needing.knowledge)
    stands = state_without_need(so_far, is_death_known=needing.is_death_known)
    because = _because(needing)
    review = Review(
        route=needing.knowledge.rulebook.route(code),
        state=stands,
        necessity=Necessity.TO_BE_SCREENED,
        criteria=(),
        candidates=(),
        course=so_far,
        ended_because=because,
    )
    return _led(review, decisions, needing.knowledge)


def _because(needing: Needing) -> str:
    if not needing.is_death_known:
        return DEATH_TAKEN_BACK
    return OUT_OF_SCOPE if needing.subject is None else NOT_CALLED_FOR


def _led(review: Review, decisions: list[Decision], knowledge: Knowledge) -> Review:
    lead = review.course.lead
    if lead is None:
        return review
    return replace(review, lead=lead, lead_since=_since(review.course, decisions, knowledge))


def _since(so_far: Course, decisions: list[Decision], knowledge: Knowledge) -> datetime | None:
    """Since when the organisation leads: since it accepted, or since it succeeded who did."""
    accepted = [
        d.organisation
        for d in sorted(decisions, key=lambda d: d.number)
        if d.step is Step.ACCEPT
        and d.at == so_far.lead_since
        and knowledge.directory.current(d.organisation, knowledge.on) == so_far.lead
    ]
    if not accepted or so_far.lead_since is None:
        return so_far.lead_since
    succeeded = knowledge.directory.succeeded_on(accepted[-1], knowledge.on)
    if succeeded is None:
        return so_far.lead_since
    return max(so_far.lead_since, datetime.combine(succeeded, time.min, LONDON))
