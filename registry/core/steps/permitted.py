"""Which steps an organisation may take on a review now: one table for the API and the console."""

from __future__ import annotations

from registry.core.decision import Step
from registry.core.reviews import State
from registry.core.steps.task import ReviewTask

LEADING_ROLES = ("provider", "icb")

# What the organisation that leads may do, by where the review stands.
_LEAD: dict[State, tuple[Step, ...]] = {
    State.ACCEPTED: (
        Step.START,
        Step.HOLD,
        Step.SCREEN,
        Step.COMPLETE,
        Step.OFFER,
        Step.LIAISE,
    ),
    State.IN_PROGRESS: (Step.HOLD, Step.SCREEN, Step.COMPLETE, Step.OFFER, Step.LIAISE),
    State.ON_HOLD: (Step.RESUME, Step.COMPLETE, Step.OFFER, Step.LIAISE),
    State.OUT_OF_SCOPE: (Step.CLOSE, Step.COMPLETE, Step.OFFER, Step.LIAISE),
    State.COMPLETED: (Step.REOPEN, Step.LIAISE),
}
_OPEN = {
    State.PROPOSED,
    State.NOBODY_PROPOSED,
    State.ACCEPTED,
    State.IN_PROGRESS,
    State.ON_HOLD,
    State.OUT_OF_SCOPE,
}


def permitted(task: ReviewTask, organisation: str | None, role: str) -> tuple[Step, ...]:
    """Takes a Task, and the organisation and role of whoever asks and may see it; returns the steps
    they may take now."""
    if role not in LEADING_ROLES or organisation is None:
        return ()
    if task.is_inquiry:
        is_asked = organisation == task.owner and task.state is State.PROPOSED
        return (Step.COMPLETE,) if is_asked else ()
    steps = [*_as_owner(task, organisation), *_as_taker(task, organisation)]
    return tuple(dict.fromkeys([*steps, *_as_party(task, organisation)]))


def _as_owner(task: ReviewTask, organisation: str) -> list[Step]:
    if organisation != task.owner:
        return []
    if task.state is State.PROPOSED:
        return [Step.ACCEPT] if task.is_last_candidate else [Step.ACCEPT, Step.DECLINE]
    may = _LEAD.get(task.state, ())
    steps = [s for s in may if s is not Step.SCREEN or task.is_to_be_screened]
    return [*steps, Step.WITHDRAW_OFFER] if task.offered_to and task.has_lead else steps


def _as_taker(task: ReviewTask, organisation: str) -> list[Step]:
    is_asked = task.has_lead and organisation == task.offered_to
    return [Step.ACCEPT, Step.DECLINE] if is_asked else []


def _as_party(task: ReviewTask, organisation: str) -> list[Step]:
    if task.state not in _OPEN:
        return [Step.DISAGREE] if task.state is State.COMPLETED else []
    if organisation in task.contributors:
        return [Step.LEAVE, Step.DISAGREE]
    return [Step.DISAGREE] if organisation == task.owner else [Step.JOIN, Step.DISAGREE]
