"""Makes deaths for the tests of the returns."""

from __future__ import annotations

from datetime import datetime

from nhs.london_time import LONDON
from nhs.partial_date import PartialDate
from registry.directory.organisation import Organisation
from registry.returns.history import DeathHistory, Deaths, Known
from registry.returns.reviewed_death import (
    AgeGroup,
    DaysOfDeath,
    Evidence,
    Judgement,
    Place,
    Review,
    ReviewedDeath,
    State,
)
from registry.returns.scales import PRISM, Scale

TRUST = Organisation("ZT1", "Northmoor NHS Trust", "acute")
OTHER_TRUST = Organisation("ZT2", "Eastleigh Vale NHS Trust", "acute")
START = datetime(2020, 1, 1, tzinfo=LONDON)
CASE_RECORD_REVIEW = "case-record-review"
INVESTIGATION = "patient-safety-incident-investigation"


def moment(text: str) -> datetime:
    """Takes `2026-05-01` or with a time; returns that moment in London."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def death(
    case: str,
    died: str = "2026-05-10",
    *reviews: Review,
    age: AgeGroup = AgeGroup.ADULT,
    place: Place = Place.IN_CARE,
    learning_disability: Evidence = Evidence.NONE,
    severe_mental_illness: Evidence = Evidence.NONE,
) -> ReviewedDeath:
    """Makes a death; by default an adult's, in care, in quarter 1 of 2026/27, without reviews."""
    said = PartialDate.parse(died)
    date = DaysOfDeath(said.earliest, said.latest)
    return ReviewedDeath(
        case, date, age, place, learning_disability, severe_mental_illness, reviews
    )


def done(
    *scores: tuple[Scale, str], route: str = CASE_RECORD_REVIEW, at: str = "2026-06-01"
) -> Review:
    """Makes a completed review with scores on scales."""
    judgements = tuple(Judgement(scale.id, score) for scale, score in scores)
    return Review(route, State.COMPLETED, completed_at=moment(at), judgements=judgements)


def judged(score: str, scale: Scale = PRISM) -> Review:
    """Makes a completed case record review with one score."""
    return done((scale, score))


def known(one: ReviewedDeath, since: datetime = START) -> DeathHistory:
    """Makes the history of a death that was always known so."""
    return DeathHistory(one.case, (Known(since, one),))


def of_trust(*deaths: ReviewedDeath | DeathHistory) -> Deaths:
    """Makes the deaths of the one trust."""
    histories = (known(d) if isinstance(d, ReviewedDeath) else d for d in deaths)
    return Deaths(TRUST, tuple(histories))


def many(number: int, prefix: str, one: ReviewedDeath) -> list[ReviewedDeath]:
    """Makes so many deaths like one, with case ids of their own."""
    return [
        ReviewedDeath(
            f"{prefix}-{index}",
            one.died,
            one.age_group,
            one.place,
            one.learning_disability,
            one.severe_mental_illness,
            one.reviews,
        )
        for index in range(number)
    ]
