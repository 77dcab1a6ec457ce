"""One death in an organisation's scope with its reviews, as known at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from registry.returns.scales import Scale


class AgeGroup(StrEnum):
    """Age at death."""

    ADULT = "adult"
    UNDER_18 = "under-18"
    UNKNOWN = "unknown"


class Place(StrEnum):
    """How the death came into the organisation's scope."""

    IN_CARE = "in-care"
    AFTER_DISCHARGE = "within-30-days-of-discharge"


class Evidence(StrEnum):
    """What is known of a learning disability or a severe mental illness."""

    CONFIRMED = "confirmed"
    POSSIBLE = "possible"
    NONE = "no-evidence"


class State(StrEnum):
    """Where a review stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    ENDED = "ended"


class Kind(StrEnum):
    """What a review counts as."""

    CASE_RECORD_REVIEW = "case-record-review"
    INVESTIGATION = "investigation"
    OTHER_PROCESS = "other-process"


_KINDS = {
    "case-record-review": Kind.CASE_RECORD_REVIEW,
    "mental-health-care-review": Kind.CASE_RECORD_REVIEW,
    "patient-safety-incident-investigation": Kind.INVESTIGATION,
}
_UNDER_WAY = {State.ACCEPTED, State.IN_PROGRESS, State.ON_HOLD}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A score on a scale; `scale` is the code system of the scale."""

    scale: str
    score: str

    def is_on(self, scale: Scale) -> bool:
        """True where the score was given on that scale."""
        return self.scale == scale.id


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme of the learning: its code with the code system, or else its words, and as people
    read it. The words are a person's: the public version has only those that were cleared."""

    code: str
    display: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Action:
    """What was or will be done about what was learnt, and what came of it.

    The words are a person's: without `is_cleared` (somebody read them for publication) they stay in
    the organisation's own version.
    """

    text: str
    is_taken: bool
    impact: str | None = None
    is_cleared: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """One review of the death; `is_selected` is False where screening decided against it."""

    route: str
    state: State
    is_selected: bool = True
    completed_at: datetime | None = None
    judgements: tuple[Judgement, ...] = ()
    themes: tuple[Theme, ...] = ()
    actions: tuple[Action, ...] = ()

    def __post_init__(self) -> None:
        if (self.state is State.COMPLETED) != (self.completed_at is not None):
            raise ValueError("a review has a time of completion if and only if it is completed")

    @property
    def kind(self) -> Kind:
        """What the route counts as; a route that is not listed is another process."""
        return _KINDS.get(self.route, Kind.OTHER_PROCESS)

    @property
    def is_done(self) -> bool:
        """True where somebody reviewed the death: screening it out is no review."""
        return self.state is State.COMPLETED and self.is_selected

    @property
    def is_under_way(self) -> bool:
        """True from acceptance to completion; a review on hold is under way."""
        return self.state in _UNDER_WAY and self.is_selected

    @property
    def is_awaited(self) -> bool:
        """True while nobody has accepted to lead it."""
        return self.state is State.PROPOSED and self.is_selected


@dataclass(frozen=True, slots=True)
class DaysOfDeath:
    """The first and the last day (dates in London) on which the person may have died: one day where
    it is known."""

    earliest: date
    latest: date


@dataclass(frozen=True, slots=True)
class ReviewedDeath:
    """A death of one organisation's patient; `case` is the registry's id of it, no identifier of
    the person."""

    case: str
    died: DaysOfDeath
    age_group: AgeGroup
    place: Place
    learning_disability: Evidence
    severe_mental_illness: Evidence
    reviews: tuple[Review, ...] = ()

    def is_done(self, *kinds: Kind) -> bool:
        """True where a review of one of these kinds was done."""
        return any(review.is_done and review.kind in kinds for review in self.reviews)

    def score_on(self, scale: Scale) -> str | None:
        """Takes a scale; returns the score of the latest completed review that used it."""
        scored = [
            (review.completed_at, review.route, judgement.score)
            for review in self.reviews
            if review.is_done and review.completed_at is not None
            for judgement in review.judgements
            if judgement.is_on(scale)
        ]
        return max(scored)[2] if scored else None

    def is_due_to_problems(self, scale: Scale) -> bool:
        """Takes a scale; True where the death was judged on it more likely than not due to
        problems in care."""
        score = self.score_on(scale)
        return score is not None and score.isdecimal() and int(score) in scale.due_to_problems
