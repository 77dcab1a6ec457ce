"""How far a review has gone: the decisions on it, folded in the order in which they were made.

Who may take which step when is for registry.core.steps to say before a decision is kept. The fold
takes any decisions: facts may have changed since they were made, and none is ever erased.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from registry.core.decision import Decision, Outcome, Reason, Step


class Progress(StrEnum):
    """Where the work on a review stands, whatever the facts say meanwhile."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Course:
    """What people have decided about one review so far.

    `declined` holds the organisations that will not lead, in the order in which they said so;
    `asked_at` is when the present proposal was made, None where that was when the review began;
    `selected` is the result of screening, None before it.
    """

    progress: Progress = Progress.PROPOSED
    lead: str | None = None
    lead_since: datetime | None = None
    offered_to: str | None = None
    declined: tuple[Decision, ...] = ()
    asked_at: datetime | None = None
    hold: Reason | None = None
    selected: bool | None = None
    outcomes: tuple[Outcome, ...] = ()
    completed_at: datetime | None = None
    closed_because: Reason | None = None
    escalated_at: datetime | None = None
    contributors: tuple[str, ...] = ()
    contact: str | None = None
    disagreements: tuple[Decision, ...] = ()


def course(decisions: Iterable[Decision]) -> Course:
    """Takes the decisions on one review; returns what they come to, whatever order they come in."""
    so_far = Course()
    for decision in sorted(decisions, key=_made):
        so_far = _FOLDS[decision.step](so_far, decision)
    return so_far


def _made(decision: Decision) -> tuple[int, datetime, str, str]:
    return (decision.number, decision.at, decision.organisation, decision.step)


def _accept(so_far: Course, decision: Decision) -> Course:
    taker = decision.organisation
    if so_far.lead is not None and so_far.offered_to != taker:
        return so_far
    return replace(
        so_far,
        lead=taker,
        lead_since=decision.at,
        offered_to=None,
        progress=Progress.ACCEPTED if so_far.lead is None else so_far.progress,
        contributors=tuple(c for c in so_far.contributors if c != taker),
    )


def _decline(so_far: Course, decision: Decision) -> Course:
    if so_far.lead is not None:
        refused = so_far.offered_to == decision.organisation
        return replace(so_far, offered_to=None) if refused else so_far
    return replace(
        so_far,
        declined=(*so_far.declined, decision),
        asked_at=decision.at,
    )


def _offer(so_far: Course, decision: Decision) -> Course:
    return _by_lead(so_far, decision, offered_to=decision.to)


def _withdraw_offer(so_far: Course, decision: Decision) -> Course:
    return _by_lead(so_far, decision, offered_to=None)


def _start(so_far: Course, decision: Decision) -> Course:
    return _by_lead(so_far, decision, progress=Progress.IN_PROGRESS)


def _hold(so_far: Course, decision: Decision) -> Course:
    return _by_lead(so_far, decision, progress=Progress.ON_HOLD, hold=decision.reason)


def _resume(so_far: Course, decision: Decision) -> Course:
    return _by_lead(so_far, decision, progress=Progress.IN_PROGRESS, hold=None)


def _screen(so_far: Course, decision: Decision) -> Course:
    if decision.selected:
        return _by_lead(so_far, decision, selected=True)
    return _by_lead(
        so_far,
        decision,
        selected=False,
        progress=Progress.COMPLETED,
        completed_at=decision.at,
        closed_because=decision.reason,
        offered_to=None,
    )


def _complete(so_far: Course, decision: Decision) -> Course:
    return _by_lead(
        so_far,
        decision,
        # Who reviewed a death has chosen it, also where it was once screened out.
        selected=True,
        progress=Progress.COMPLETED,
        outcomes=decision.outcomes,
        completed_at=decision.at,
        offered_to=None,
        hold=None,
    )


def _reopen(so_far: Course, decision: Decision) -> Course:
    return _by_lead(
        so_far,
        decision,
        progress=Progress.IN_PROGRESS,
        selected=None if so_far.selected is False else so_far.selected,
        completed_at=None,
        closed_because=None,
    )


def _close(so_far: Course, decision: Decision) -> Course:
    return _by_lead(
        so_far,
        decision,
        progress=Progress.CLOSED,
        closed_because=decision.reason,
        offered_to=None,
        hold=None,
    )


def _escalate(so_far: Course, decision: Decision) -> Course:
    asked = decision.at if so_far.lead is None else so_far.asked_at
    return replace(so_far, escalated_at=decision.at, asked_at=asked)


def _join(so_far: Course, decision: Decision) -> Course:
    joined = decision.organisation
    if joined in so_far.contributors or joined == so_far.lead:
        return so_far
    return replace(so_far, contributors=(*so_far.contributors, joined))


def _leave(so_far: Course, decision: Decision) -> Course:
    left = tuple(c for c in so_far.contributors if c != decision.organisation)
    return replace(so_far, contributors=left)


def _liaise(so_far: Course, decision: Decision) -> Course:
    return _by_lead(so_far, decision, contact=decision.contact)


def _disagree(so_far: Course, decision: Decision) -> Course:
    return replace(so_far, disagreements=(*so_far.disagreements, decision))


def _by_lead(so_far: Course, decision: Decision, **changes: object) -> Course:
    """Only the lead of the moment moves a review; anybody else's step changes nothing."""
    return replace(so_far, **changes) if decision.organisation == so_far.lead else so_far


_FOLDS: dict[Step, Callable[[Course, Decision], Course]] = {
    Step.ACCEPT: _accept,
    Step.DECLINE: _decline,
    Step.OFFER: _offer,
    Step.WITHDRAW_OFFER: _withdraw_offer,
    Step.START: _start,
    Step.HOLD: _hold,
    Step.RESUME: _resume,
    Step.SCREEN: _screen,
    Step.COMPLETE: _complete,
    Step.REOPEN: _reopen,
    Step.CLOSE: _close,
    Step.ESCALATE: _escalate,
    Step.JOIN: _join,
    Step.LEAVE: _leave,
    Step.LIAISE: _liaise,
    Step.DISAGREE: _disagree,
}
