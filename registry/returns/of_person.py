"""From what follows about one person to the death as returns count it, for each organisation whose
return it belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from nhs.partial_date import PartialDate
from registry.core import flags, judgement, lifecycle, reviews
from registry.core.deaths import Death
from registry.core.decision import Outcome
from registry.core.derive import PersonState
from registry.core.flags import Flag
from registry.core.scope import Finding, Relation
from registry.directory.organisation import Directory
from registry.returns.reviewed_death import (
    Action,
    AgeGroup,
    DaysOfDeath,
    Evidence,
    Judgement,
    Place,
    Review,
    ReviewedDeath,
    State,
    Theme,
)

ADULT_AGE = 18
# Nothing bounds some dates of death from below. No return covers an earlier day: the framework
# (National Quality Board, March 2017) had trusts count from April 2017.
FIRST_DAY = date(2017, 4, 1)

# In a bed of the organisation, or in its care outside hospital where its scope covers that.
_IN_CARE = {Relation.DIED_IN_SPELL, Relation.ON_CASELOAD}
_STATES = {
    reviews.State.PROPOSED: State.PROPOSED,
    reviews.State.NOBODY_PROPOSED: State.PROPOSED,
    reviews.State.ACCEPTED: State.ACCEPTED,
    reviews.State.IN_PROGRESS: State.IN_PROGRESS,
    reviews.State.ON_HOLD: State.ON_HOLD,
    reviews.State.COMPLETED: State.COMPLETED,
    # Its lead has yet to close it.
    reviews.State.OUT_OF_SCOPE: State.ACCEPTED,
    reviews.State.CLOSED: State.ENDED,
    reviews.State.ENDED: State.ENDED,
}
_THEME, _ACTION, _IMPACT = "theme", "action", "impact"


def reviewed_deaths(
    state: PersonState, case: str, directory: Directory, on: date
) -> dict[str, ReviewedDeath]:
    """Takes what follows about one person, the case's id, the directory of organisations and the
    date in London; returns the death for each organisation (ODS code) that has it in its scope.

    A death belongs to the return of whoever stood for the provider when the person died, so a
    merger moves no death from one return to another. A stillbirth is no death in care: it is
    reported to MBRRACE-UK and reviewed with the Perinatal Mortality Review Tool.
    """
    died = state.death
    if died is None or died.is_stillbirth:
        return {}
    days = _days(died, on)
    found: defaultdict[str, set[Relation]] = defaultdict(set)
    for finding in state.findings:
        if finding.is_in_scope:
            found[_returned_by(finding, directory, days)].add(finding.relation)
    looked_into = tuple(_review(review) for review in state.reviews)
    return {
        ods: ReviewedDeath(
            case=case,
            died=days,
            age_group=_age_group(state.demographics.birth_date, days),
            place=Place.IN_CARE if relations & _IN_CARE else Place.AFTER_DISCHARGE,
            learning_disability=_evidence(state.flags, flags.LEARNING_DISABILITY),
            severe_mental_illness=_evidence(state.flags, flags.SEVERE_MENTAL_ILLNESS),
            reviews=looked_into,
        )
        for ods, relations in sorted(found.items())
    }


def _days(died: Death, on: date) -> DaysOfDeath:
    """Nobody is known to have died later than today."""
    latest = min(died.latest, on)
    earliest = died.earliest if died.earliest is not None else FIRST_DAY
    return DaysOfDeath(min(earliest, latest), latest)


def _returned_by(finding: Finding, directory: Directory, days: DaysOfDeath) -> str:
    return directory.current(finding.spell.provider, days.earliest)


def _age_group(birth_date: str | None, days: DaysOfDeath) -> AgeGroup:
    if birth_date is None:
        return AgeGroup.UNKNOWN
    born = PartialDate.parse(birth_date)
    if _years(born.latest, days.earliest) >= ADULT_AGE:
        return AgeGroup.ADULT
    is_minor = _years(born.earliest, days.latest) < ADULT_AGE
    return AgeGroup.UNDER_18 if is_minor else AgeGroup.UNKNOWN


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _evidence(flagged: Iterable[Flag], code: str) -> Evidence:
    for flag in flagged:
        if flag.code == code:
            return Evidence.CONFIRMED if flag.is_confirmed else Evidence.POSSIBLE
    return Evidence.NONE


def _review(review: reviews.Review) -> Review:
    so_far: lifecycle.Course = review.course
    state = _STATES[review.state]
    is_completed = state is State.COMPLETED
    outcomes = so_far.outcomes if is_completed else ()
    return Review(
        route=review.route.code,
        state=state,
        is_selected=not (is_completed and so_far.selected is False),
        completed_at=so_far.completed_at if is_completed else None,
        judgements=tuple(
            Judgement(outcome.system, outcome.code)
            for outcome in outcomes
            if outcome.kind == judgement.KIND and outcome.system and outcome.code
        ),
        themes=tuple(_themes(outcomes)),
        actions=tuple(_actions(outcomes)),
    )


def _themes(outcomes: Iterable[Outcome]) -> Iterator[Theme]:
    """A theme without a code is known by its words, however they are spaced and capitalised."""
    for outcome in outcomes:
        words = " ".join((outcome.text or outcome.code or "").split())
        if outcome.kind == _THEME and words:
            coded = f"{outcome.system or ''}|{outcome.code}" if outcome.code else words.casefold()
            yield Theme(coded, words)


def _actions(outcomes: Iterable[Outcome]) -> Iterator[Action]:
    """An impact is that of the action before it, which was then taken."""
    action: Action | None = None
    for outcome in outcomes:
        words = (outcome.text or outcome.code or "").strip()
        if outcome.kind == _ACTION and words:
            if action is not None:
                yield action
            action = Action(words, is_taken=False)
        elif outcome.kind == _IMPACT and words and action is not None:
            impact = words if action.impact is None else f"{action.impact} {words}"
            action = Action(action.text, is_taken=True, impact=impact)
    if action is not None:
        yield action
