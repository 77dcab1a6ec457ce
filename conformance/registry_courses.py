"""Steps that people take on reviews, one after the other, and answers to questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from conformance import canonical
from conformance.registry_people import ACUTE, BOARD, MENTAL_HEALTH, OTHER_ACUTE
from registry.core import flags, judgement
from registry.core.decision import REGISTRY, Decision, Outcome, Reason, Step
from registry.core.derive import PersonState
from registry.core.inquiries import Asked
from registry.core.steps.reading import HOLD_REASONS, OUTPUTS, SCREENING, SELECTED

_WORDS = Reason(text="A meeting decided it.")


class _Taken(NamedTuple):
    """A step, by whom, and what was said."""

    step: Step
    by: str
    said: dict[str, Any]


class Course(NamedTuple):
    """Steps in the order in which they were taken."""

    steps: tuple[_Taken, ...]

    def on(self, route: str, at: datetime) -> Iterator[Decision]:
        """Takes a route and a time; returns the decisions on that review."""
        for number, (step, by, said) in enumerate(self.steps, 1):
            yield Decision(route, step, by, at, number, **said)


def _step(step: Step, by: str = ACUTE, **said: Any) -> _Taken:
    return _Taken(step, by, said)


def _finding(kind: str) -> tuple[Outcome, ...]:
    match kind:
        case judgement.KIND:
            return tuple(Outcome(kind, scale, "2") for scale in judgement.SCALES)
        case flags.FINDING:
            return (Outcome(kind, canonical.FLAG_FINDING, flags.CONFIRMED),)
        case _ if kind == SCREENING:
            return (Outcome(kind, canonical.REVIEW_NECESSITY, SELECTED),)
        case _:
            return (Outcome(kind, text="Hand-over was late."),)


_EVERY_OUTCOME = tuple(outcome for kind in OUTPUTS for outcome in _finding(kind))
_ACCEPT = _step(Step.ACCEPT)
_OFFER = _step(Step.OFFER, to=MENTAL_HEALTH)
_COMPLETE = _step(Step.COMPLETE, outcomes=_EVERY_OUTCOME)
COURSES = (
    Course((_ACCEPT,)),
    Course((_ACCEPT, _OFFER, _step(Step.LIAISE, contact="Ward office"))),
    Course((_ACCEPT, _OFFER, _step(Step.WITHDRAW_OFFER), _step(Step.START))),
    Course((_ACCEPT, _OFFER, _step(Step.ACCEPT, MENTAL_HEALTH))),
    *(
        Course((_ACCEPT, _step(Step.START), _step(Step.HOLD, reason=replace(_WORDS, code=code))))
        for code in HOLD_REASONS
    ),
    Course((_ACCEPT, _step(Step.HOLD, reason=Reason(code="police")), _step(Step.RESUME))),
    Course((_ACCEPT, _COMPLETE)),
    Course((_ACCEPT, _COMPLETE, _step(Step.REOPEN, reason=_WORDS))),
    Course((_ACCEPT, _step(Step.SCREEN, selected=True))),
    Course((_ACCEPT, _step(Step.SCREEN, selected=False, reason=_WORDS))),
    Course((_ACCEPT, _step(Step.CLOSE, reason=_WORDS))),
    Course((_step(Step.DECLINE, reason=_WORDS), _step(Step.DISAGREE, reason=_WORDS))),
    Course((_step(Step.ESCALATE, REGISTRY), _step(Step.JOIN, OTHER_ACUTE))),
    Course((_step(Step.ACCEPT, BOARD), _step(Step.JOIN), _step(Step.LEAVE))),
)
"""One course for each way that a review can go."""


def answers(state: PersonState, at: datetime) -> list[Decision]:
    """Takes a person's state; returns an answer to every question asked."""
    return [
        Decision(
            inquiry.route,
            Step.COMPLETE,
            inquiry.owner,
            at,
            number,
            outcomes=_finding(flags.FINDING if inquiry.asked is Asked.CONFIRM_FLAG else "action"),
        )
        for number, inquiry in enumerate(state.inquiries, 1)
    ]
