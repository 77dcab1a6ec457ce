"""Which reviews a death needs, and where each one stands.

Every in-scope death has a case record review: to be screened, or required when a must-review
criterion holds (NHS Improvement 2017). A LeDeR review stands beside it for adults with a learning
disability and for autistic adults.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from registry.core.deaths import Death
from registry.core.flags import AUTISM, LEARNING_DISABILITY, SEVERE_MENTAL_ILLNESS, Flag
from registry.core.leads import Candidate

ADULT_AGE = 18


class Route(StrEnum):
    """A kind of looking-back, with its own rule and its own lead."""

    CASE_RECORD_REVIEW = "case-record-review"
    LEDER = "leder"


class Necessity(StrEnum):
    """How far a review is needed."""

    TO_BE_SCREENED = "to-be-screened"
    REQUIRED = "required"


class State(StrEnum):
    """Where a review stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    OUT_OF_SCOPE = "accepted-now-out-of-scope"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's or organisation's step on a review: here, accepting to lead it."""

    route: Route
    step: str
    organisation: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Criterion:
    """A must-review criterion that holds, with the flag that is its evidence."""

    code: str
    sentence: str
    flag: Flag


@dataclass(frozen=True, slots=True)
class Review:
    """One review: what it is, why it is needed, who is proposed or leads, and where it stands."""

    route: Route
    state: State
    necessity: Necessity
    criteria: tuple[Criterion, ...]
    candidates: tuple[Candidate, ...]
    lead: str | None = None
    lead_since: datetime | None = None
    ended_because: str | None = None

    @property
    def proposed(self) -> Candidate | None:
        """The candidate the rules put first, or None when no rule names anybody."""
        return self.candidates[0] if self.candidates else None

    @property
    def owner(self) -> str | None:
        """The organisation that leads, else the one proposed."""
        return self.lead or (self.proposed.organisation if self.proposed else None)


_CRITERIA = {
    LEARNING_DISABILITY: "The person had a learning disability.",
    SEVERE_MENTAL_ILLNESS: "The person had a severe mental illness.",
}


def criteria(flags: Iterable[Flag]) -> tuple[Criterion, ...]:
    """Takes the flags; returns the must-review criteria that hold. A possible flag is none."""
    return tuple(
        Criterion(flag.code, _CRITERIA[flag.code], flag)
        for flag in flags
        if flag.is_confirmed and flag.code in _CRITERIA
    )


def needs_leder(flags: Iterable[Flag], birth: date | None, death: Death) -> bool:
    """True for an adult with a learning disability or autism; an unknown age counts as adult."""
    known = {flag.code for flag in flags if flag.is_confirmed}
    return bool(known & {LEARNING_DISABILITY, AUTISM}) and _is_adult(birth, death)


def _is_adult(birth: date | None, death: Death) -> bool:
    if birth is None or death.latest == date.max:
        return True
    on = death.latest
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day)) >= ADULT_AGE


def decide(review: Review, decisions: Iterable[Decision]) -> Review:
    """Takes a review as the rules propose it and the decisions on it; returns it as decided.

    The earliest acceptance stands: the registry admits a later one only when no lead is there.
    """
    accepted = sorted(
        (d for d in decisions if d.route is review.route and d.step == "accepted"),
        key=lambda d: (d.at, d.organisation),
    )
    if not accepted:
        return review
    lead = accepted[0]
    return Review(
        route=review.route,
        state=State.ACCEPTED if review.state is State.PROPOSED else review.state,
        necessity=review.necessity,
        criteria=review.criteria,
        candidates=review.candidates,
        lead=lead.organisation,
        lead_since=lead.at,
        ended_because=review.ended_because,
    )
