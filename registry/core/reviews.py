"""Which reviews a death needs, how far each is needed, and where each one stands.

Every in-scope death has a case record review: to be screened, or required when a must-review
criterion holds (NHS Improvement 2017). Other routes stand beside it when their rule holds. The
rules are data: registry/rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from registry.core.leads import AREA_ICB, Candidate
from registry.core.lifecycle import Course, Progress
from registry.core.rulebook import Criterion, Route

CASE_RECORD_REVIEW = "case-record-review"


class Necessity(StrEnum):
    """How far a review is needed."""

    TO_BE_SCREENED = "to-be-screened"
    REQUIRED = "required"
    SELECTED = "selected"
    NOT_SELECTED = "not-selected"


class State(StrEnum):
    """Where a review stands, facts and decisions together."""

    PROPOSED = "proposed"
    NOBODY_PROPOSED = "nobody-proposed"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    OUT_OF_SCOPE = "accepted-now-out-of-scope"
    CLOSED = "closed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Review:
    """One review: what it is, why it is needed, who is proposed or leads, and where it stands.

    `lead` is who leads today, as successor too; `notes` are what whoever reviews must know.
    """

    route: Route
    state: State
    necessity: Necessity
    criteria: tuple[Criterion, ...]
    candidates: tuple[Candidate, ...]
    course: Course = field(default_factory=Course)
    lead: str | None = None
    lead_since: datetime | None = None
    notes: tuple[str, ...] = ()
    ended_because: str | None = None

    @property
    def proposed(self) -> Candidate | None:
        """The first candidate who has not declined, or None where there is nobody to ask."""
        declined = {decision.organisation for decision in self.course.declined}
        asked = [c for c in self.candidates if c.organisation not in declined]
        if self.course.escalated_at is not None:
            # Escalation passes the providers over: the board is asked, where there is one.
            asked.sort(key=lambda c: c.rule != AREA_ICB)
        return asked[0] if asked else None

    @property
    def owner(self) -> str | None:
        """The organisation that leads, else the one proposed."""
        return self.lead or (self.proposed.organisation if self.proposed else None)

    @property
    def is_open(self) -> bool:
        """True while somebody has something to do or decide."""
        return self.state not in (State.COMPLETED, State.CLOSED, State.ENDED)


def necessity(route: Route, criteria: Iterable[Criterion], course: Course) -> Necessity:
    """Takes a route, the criteria that hold and what people decided; returns how far the review is
    needed. What must be reviewed cannot be screened out; what is only chosen can."""
    held = list(criteria)
    if not route.is_screened or any(c.is_must for c in held):
        return Necessity.REQUIRED
    if course.selected is False:
        return Necessity.NOT_SELECTED
    return Necessity.SELECTED if course.selected or held else Necessity.TO_BE_SCREENED


def state(course: Course, needed: Necessity, *, has_candidate: bool) -> State:
    """Takes what people decided and how far the review is needed; returns where it stands while the
    facts call for it."""
    match course.progress:
        case Progress.PROPOSED:
            return State.PROPOSED if has_candidate else State.NOBODY_PROPOSED
        case Progress.COMPLETED if course.selected is False and needed is not (
            Necessity.NOT_SELECTED
        ):
            # Screened out, but the facts have since made it a must: the lead takes it up again.
            return State.ACCEPTED
        case Progress.CLOSED:
            # Closed when it was out of scope, which it no longer is.
            return State.ACCEPTED
        case _:
            return State(course.progress.value)


def state_without_need(course: Course, *, is_death_known: bool) -> State:
    """Takes what people decided on a review that the facts no longer call for; returns where it
    stands: after a retracted death it has ended, after a mere loss of scope it is the lead's to
    close."""
    if not is_death_known or course.lead is None:
        return State.ENDED
    match course.progress:
        case Progress.COMPLETED:
            return State.COMPLETED
        case Progress.CLOSED:
            return State.CLOSED
        case _:
            return State.OUT_OF_SCOPE
