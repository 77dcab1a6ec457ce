"""Decisions: what people do about a review, as it is kept for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import TypeAdapter

# Who acts when nobody does: the registry itself, when a due date passes.
REGISTRY = "registry"


class Step(StrEnum):
    """One step on a review."""

    ACCEPT = "accept"
    DECLINE = "decline"
    OFFER = "offer"
    WITHDRAW_OFFER = "withdraw-offer"
    START = "start"
    HOLD = "hold"
    RESUME = "resume"
    SCREEN = "screen"
    COMPLETE = "complete"
    REOPEN = "reopen"
    CLOSE = "close"
    ESCALATE = "escalate"
    JOIN = "join"
    LEAVE = "leave"
    LIAISE = "liaise"
    DISAGREE = "disagree"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a step was taken: a code where the list of reasons has one, and the words."""

    text: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing a completed review found: `kind` says what (review-output), and the finding is a
    code of `system`, or words. A judgement's system is the scale it was made on."""

    kind: str
    system: str | None = None
    code: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class DecidedBy:
    """The person who took a step for their organisation: the id and name of their sign-in."""

    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A step on a review, by an organisation (ODS code), at a moment.

    `person` is who took it; None where a system did, which knows its own people. `number` counts
    decisions in the order in which they were made. `to` is whom an offer is made to; `selected` the
    result of screening; `contact` the family's single point of contact; `about` what an answered
    question was about (registry.core.contested), None for reviews.
    """

    route: str
    step: Step
    organisation: str
    at: datetime
    number: int = 0
    to: str | None = None
    reason: Reason | None = None
    selected: bool | None = None
    outcomes: tuple[Outcome, ...] = ()
    contact: str | None = None
    person: DecidedBy | None = None
    about: str | None = None


def to_json(decision: Decision) -> bytes:
    """Takes a decision; returns its canonical JSON."""
    return _DECISION.dump_json(decision, exclude_defaults=True)


def from_json(content: str | bytes) -> Decision:
    """Takes what `to_json` returned; returns the decision."""
    return _DECISION.validate_json(content)


_DECISION = TypeAdapter(Decision)
