"""What needs an organisation now, in groups: each with the search that finds it, and why it is
there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from conformance import canonical
from console.case.review import Review
from console.wording import days
from nhs import addresses
from registry.core.decision import Step
from registry.core.reviews import State

Asked = tuple[tuple[str, str], ...]
# What is shown of a group; the worklist has the rest.
SHOWN = 20
# What ended because facts changed is told for so long.
TOLD_FOR = timedelta(days=14)
SOON = timedelta(days=7)
# Reviews that somebody leads and has yet to finish.
_LED = "accepted,in-progress,on-hold"


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one kind: its heading, what it asks for, and what finds them."""

    name: str
    title: str
    asks: str
    search: Callable[[str, date], Asked]


def _ours(*more: tuple[str, str]) -> Callable[[str, date], Asked]:
    return lambda ods, _: (("owner.identifier", _ods(ods)), *more)


def _ods(ods: str) -> str:
    return f"{addresses.ODS_ORGANISATION}|{ods}"


def _overdue(ods: str, today: date) -> Asked:
    return (
        ("owner.identifier", _ods(ods)),
        ("status", _LED),
        ("due", f"lt{today.isoformat()}"),
        ("_sort", "due"),
    )


def _ended(ods: str, today: date) -> Asked:
    return (
        ("owner.identifier", _ods(ods)),
        ("business-status", State.ENDED),
        ("_lastUpdated", f"ge{(today - TOLD_FOR).isoformat()}"),
        ("_sort", "-_lastUpdated"),
    )


GROUPS = (
    Group(
        "proposed",
        "Leads proposed to you",
        "Accept the lead, or decline it and say why.",
        _ours(("status", "requested"), ("code", f"{canonical.REVIEW_ROUTE}|"), ("_sort", "due")),
    ),
    Group(
        "offered",
        "Leads offered to you",
        "Another organisation leads, and asks you to take over.",
        lambda ods, _: (("offered-to.identifier", _ods(ods)), ("status", _LED), ("_sort", "due")),
    ),
    Group("overdue", "Overdue", "Your organisation leads these, and they are past due.", _overdue),
    Group(
        "left-scope",
        "No longer in scope",
        "The facts no longer call for these. Closing them is your decision.",
        _ours(("business-status", State.OUT_OF_SCOPE), ("_sort", "-_lastUpdated")),
    ),
    Group(
        "questions",
        "Questions to you",
        "The registry does not guess: please find out and answer.",
        _ours(("status", "requested"), ("code", f"{canonical.INQUIRY}|"), ("_sort", "authored-on")),
    ),
    Group(
        "ended",
        "Ended because facts changed",
        "Nothing to do: you should know. They leave this page after two weeks.",
        _ended,
    ),
)


def due_soon(ods: str, today: date) -> Asked:
    """Takes an organisation (ODS code) and London's date; returns the search for its own reviews
    that are due within a week."""
    return (
        ("owner.identifier", _ods(ods)),
        ("status", f"requested,{_LED}"),
        ("due", f"ge{today.isoformat()}"),
        ("due", f"le{(today + SOON).isoformat()}"),
    )


def led(ods: str) -> Asked:
    """Takes an organisation (ODS code); returns the search for the open reviews that it leads."""
    return (("owner.identifier", _ods(ods)), ("status", _LED))


def why(review: Review, group: str) -> str:
    """Takes a review or question and the group it stands in; returns in a sentence why it is
    there."""
    if review.is_question:
        return review.question
    if group == "proposed":
        return " ".join(review.why_lead[:1] or review.why[:1])
    if group == "offered":
        return review.lead
    if group == "overdue" and review.days_left is not None:
        return f"It was due {days(-review.days_left)} ago."
    return review.because or ""


def is_taken_here(review: Review, group: str) -> bool:
    """Takes a review and the group it stands in; True where the lead can be accepted from the
    list."""
    return group in ("proposed", "offered") and Step.ACCEPT in review.steps
