"""What each figure of the quarterly return counts: of which deaths, and what of them.

The definitions stand beside the figures wherever they are shown. Source of the list of figures: NHS
Improvement 2017, and the dashboard that came with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from registry.returns.reviewed_death import AgeGroup, Evidence, Kind, Place, ReviewedDeath
from registry.returns.scales import SCALES, Scale
from registry.returns.wording import DUE_TO_PROBLEMS

FRAMEWORK = "NHS Improvement 2017"
_DASHBOARD = f"{FRAMEWORK}; Learning from Deaths dashboard"
_OURS = "Ours: the framework sets no figure"


@dataclass(frozen=True, slots=True)
class Population:
    """Which deaths are counted."""

    code: str
    label: str
    definition: str
    source: str
    includes: Callable[[ReviewedDeath], bool]


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted of them; `scale` where it rests on judgements, with their method."""

    code: str
    label: str
    definition: str
    source: str
    counts: Callable[[ReviewedDeath], bool]
    scale: Scale | None = None


def _in_care(death: ReviewedDeath) -> bool:
    return death.place is Place.IN_CARE


def _aged(group: AgeGroup) -> Callable[[ReviewedDeath], bool]:
    return lambda death: _in_care(death) and death.age_group is group


ALL_IN_CARE = Population(
    "all-in-care",
    "All deaths in care",
    "Died in the organisation's care, at any age: in a stay that the organisation's scope covers, "
    "at least every inpatient stay.",
    FRAMEWORK,
    _in_care,
)
ADULTS = Population(
    "adults-in-care",
    "Adults who died in care",
    "Of all deaths in care, those aged 18 or over.",
    _DASHBOARD,
    _aged(AgeGroup.ADULT),
)
UNDER_18 = Population(
    "under-18-in-care",
    "People under 18 who died in care",
    "Of all deaths in care, those aged under 18; the child death review is statutory for them.",
    FRAMEWORK,
    _aged(AgeGroup.UNDER_18),
)
AGE_UNKNOWN = Population(
    "age-unknown-in-care",
    "People of unknown age who died in care",
    "Of all deaths in care, those without a known date of birth; counted with neither age group.",
    _OURS,
    _aged(AgeGroup.UNKNOWN),
)
LEARNING_DISABILITY = Population(
    "learning-disability-in-care",
    "People with a learning disability who died in care",
    "Of all deaths in care, those with a confirmed learning disability, at any age. They are "
    "counted in their age group too.",
    _DASHBOARD,
    lambda death: _in_care(death) and death.learning_disability is Evidence.CONFIRMED,
)
LEARNING_DISABILITY_POSSIBLE = Population(
    "learning-disability-possible-in-care",
    "People who died in care with a possible learning disability, not confirmed",
    "Of all deaths in care, those with evidence that nobody has confirmed or refuted. The absence "
    "of evidence is not evidence of absence.",
    _OURS,
    lambda death: _in_care(death) and death.learning_disability is Evidence.POSSIBLE,
)
SEVERE_MENTAL_ILLNESS = Population(
    "severe-mental-illness-in-care",
    "People with a severe mental illness who died in care",
    "Of all deaths in care, those with a confirmed severe mental illness, at any age. They are "
    "counted in their age group too.",
    FRAMEWORK,
    lambda death: _in_care(death) and death.severe_mental_illness is Evidence.CONFIRMED,
)
SEVERE_MENTAL_ILLNESS_POSSIBLE = Population(
    "severe-mental-illness-possible-in-care",
    "People who died in care with a possible severe mental illness, not confirmed",
    "Of all deaths in care, those with evidence that nobody has confirmed or refuted.",
    _OURS,
    lambda death: _in_care(death) and death.severe_mental_illness is Evidence.POSSIBLE,
)
AFTER_DISCHARGE = Population(
    "after-discharge",
    "People who died within 30 days of discharge",
    "Died elsewhere, no more than 30 days (dates in London) after leaving a stay in the "
    "organisation's scope. Not among the deaths in care.",
    f"{FRAMEWORK}: to be included where possible",
    lambda death: death.place is Place.AFTER_DISCHARGE,
)
AGE_GROUPS = (ADULTS, UNDER_18, AGE_UNKNOWN)
SUBGROUPS = (
    LEARNING_DISABILITY,
    LEARNING_DISABILITY_POSSIBLE,
    SEVERE_MENTAL_ILLNESS,
    SEVERE_MENTAL_ILLNESS_POSSIBLE,
)
POPULATIONS = (ALL_IN_CARE, *AGE_GROUPS, *SUBGROUPS, AFTER_DISCHARGE)

_REVIEW = Kind.CASE_RECORD_REVIEW
_INVESTIGATION = Kind.INVESTIGATION

DEATHS = Measure(
    "deaths",
    "Deaths",
    "Deaths known to the registry whose date lies in the period with certainty.",
    FRAMEWORK,
    lambda _: True,
)
REVIEWED = Measure(
    "reviewed",
    "Subject to case record review",
    "A case record review was completed, by whichever organisation led it. A death that was "
    "screened and not selected is not counted.",
    FRAMEWORK,
    lambda death: death.is_done(_REVIEW),
)
INVESTIGATED = Measure(
    "investigated",
    "Investigated",
    "A patient safety incident investigation was completed.",
    f"{FRAMEWORK}; Patient Safety Incident Response Framework",
    lambda death: death.is_done(_INVESTIGATION),
)
REVIEWED_OR_INVESTIGATED = Measure(
    "reviewed-or-investigated",
    "Subject to case record review or investigated",
    "A case record review or an investigation was completed; a death with both counts once.",
    "SI 2017/744, item 27.2",
    lambda death: death.is_done(_REVIEW, _INVESTIGATION),
)
REVIEWED_ELSEWHERE = Measure(
    "reviewed-under-another-process",
    "Reviewed under another process",
    "A review of another kind was completed, such as LeDeR, child death review or perinatal "
    "mortality review.",
    _OURS,
    lambda death: death.is_done(Kind.OTHER_PROCESS),
)
ONGOING = Measure(
    "ongoing",
    "Review or investigation under way",
    "A case record review or an investigation has a lead and is not complete. One on hold, for "
    "example for an inquest, is under way.",
    FRAMEWORK,
    lambda death: any(r.is_under_way and r.kind is not Kind.OTHER_PROCESS for r in death.reviews),
)
AWAITED = Measure(
    "awaited",
    "Review or investigation not yet taken up",
    "A case record review or an investigation is proposed and no organisation has accepted to lead "
    "it; deaths that wait to be screened are among them.",
    _OURS,
    lambda death: any(r.is_awaited and r.kind is not Kind.OTHER_PROCESS for r in death.reviews),
)


def _assessed(scale: Scale) -> Measure:
    return Measure(
        f"assessed-{scale.code}",
        f"Judged on the {scale.name}",
        "A completed review gave a score on this scale, whatever the score.",
        scale.source,
        lambda death: death.score_on(scale) is not None,
        scale,
    )


def _judged(scale: Scale) -> Measure:
    return Measure(
        f"due-to-problems-{scale.code}",
        f"Judged {DUE_TO_PROBLEMS}, on the {scale.name}",
        f"The latest completed review that used this scale judged the death {DUE_TO_PROBLEMS}. "
        f"{scale.method} Never added to figures on another scale.",
        f"{FRAMEWORK}; {scale.source}",
        lambda death: death.is_due_to_problems(scale),
        scale,
    )


def _is_judged_otherwise(death: ReviewedDeath) -> bool:
    known = {scale.id for scale in SCALES}
    return any(
        judgement.scale not in known
        for review in death.reviews
        if review.is_done
        for judgement in review.judgements
    )


JUDGED = {scale.code: _judged(scale) for scale in SCALES}
JUDGED_OTHERWISE = Measure(
    "assessed-otherwise",
    "Judged on another scale",
    "A completed review gave a score on a scale that does not say which scores mean "
    f"{DUE_TO_PROBLEMS}; such scores are counted here and nowhere else.",
    _OURS,
    _is_judged_otherwise,
)
MEASURES = (
    DEATHS,
    REVIEWED,
    INVESTIGATED,
    REVIEWED_OR_INVESTIGATED,
    REVIEWED_ELSEWHERE,
    ONGOING,
    AWAITED,
    *(measure for scale in SCALES for measure in (_assessed(scale), JUDGED[scale.code])),
    JUDGED_OTHERWISE,
)
NOT_CERTAIN = Measure(
    "quarter-not-certain",
    "Quarter not certain",
    "In scope, in care or within 30 days of discharge, with a date of death known only as a month "
    "or a year that may lie in this quarter or in another. Counted in no other figure.",
    _OURS,
    lambda _: True,
)
