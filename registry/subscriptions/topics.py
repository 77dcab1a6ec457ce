"""What subscribers can be told of, and which of it a change of a person's state is.

Pure: a resource before and after, or who was and who is involved, in; events out. Source: HL7
Subscriptions R5 Backport, "Topic-Based Subscription Components".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance import canonical
from registry.core.derive import Involvement
from registry.core.reviews import State

Resource = dict[str, Any]
Reasons = Mapping[str, tuple[str, ...]]
"""ODS code -> why the organisation is involved."""

PROPOSED = "review-proposed"
LEAD_CHANGED = "review-lead-changed"
OVERDUE = "review-overdue"
COMPLETED = "review-completed"
ENDED = "review-ended"
IN_SCOPE = "death-in-scope"
INQUIRY = "inquiry-raised"

# States in which an organisation leads, led to the end, or has the review's fate in hand.
_LED = {
    State.ACCEPTED, State.IN_PROGRESS, State.ON_HOLD, State.COMPLETED, State.OUT_OF_SCOPE,
    State.CLOSED,
}  # fmt: skip
_OVER = {State.ENDED, State.OUT_OF_SCOPE, State.CLOSED}
# Involvements by which a death in scope is an organisation's: its stay, its patient, its area.
_ITS_DEATH = {Involvement.IN_SCOPE, Involvement.PRACTICE, Involvement.ICB}


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its code, which is the end of its address; its title and what it tells, for
    people; the type of resource that its events are about; and what they can be filtered by."""

    code: str
    title: str
    description: str
    focus: str = "Task"
    filters: tuple[str, ...] = ("code", "owner")

    @property
    def url(self) -> str:
        """The topic's canonical address."""
        return f"{canonical.SUBSCRIPTION_TOPIC}{self.code}"


_TABLE = (
    Topic(PROPOSED, "Review proposed",
          "An organisation is asked to lead a review: a new one, or because another declined or "
          "did not answer."),
    Topic(LEAD_CHANGED, "Lead changed",
          "A review has a lead, or another lead than before."),
    Topic(OVERDUE, "Review overdue",
          "Nobody answered a proposal, or the lead did not complete the review, by the day it was "
          "due. Told once each time the board is told."),
    Topic(COMPLETED, "Review completed",
          "The lead completed a review, or screened it out."),
    Topic(ENDED, "Review ended",
          "The facts changed and no longer call for a review: it ended, it is the lead's to close, "
          "or the lead closed it."),
    Topic(IN_SCOPE, "Death in scope",
          "A death came into scope that is the subscriber's: of a stay there or within 30 days of "
          "it, of a patient of its practice, of its area.", "Observation", ()),
    Topic(INQUIRY, "Question raised",
          "The subscriber's organisation is asked a question: about the quality of its data, or to "
          "confirm a possible flag or that an alarm covers a death."),
)  # fmt: skip
TOPICS: dict[str, Topic] = {topic.code: topic for topic in _TABLE}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: by topic, to which version of which resource. `codes` and `owner`
    (ODS code) are what filters look at; `organisations` are those it is for, None for whoever may
    see the resource."""

    topic: str
    focus_type: str
    focus_id: str
    focus_version: int
    codes: tuple[str, ...] = ()
    owner: str | None = None
    organisations: tuple[str, ...] | None = None


def occurred(before: Resource | None, after: Resource) -> list[Event]:
    """Takes a resource as it was stored (None: it was not) and as it now is; returns what
    happened, in the order in which it is told."""
    if after["resourceType"] != "Task":
        return []
    system = after["code"]["coding"][0]["system"]
    if system == canonical.INQUIRY:
        topics = _of_inquiry(before, after)
    elif system == canonical.REVIEW_ROUTE:
        topics = _of_review(before, after)
    else:
        return []
    return [_event(topic, after, _codes(after), _owner(after)) for topic in topics]


def came_into_scope(
    before: Resource | None, reasons_before: Reasons, after: Resource | None, reasons: Reasons
) -> list[Event]:
    """Takes a person's death as it was and is (None: none known), and why each organisation was
    and is involved; returns the event for those whose death in scope it has become."""
    if after is None:
        return []
    new = _whose(after, reasons) - _whose(before, reasons_before)
    return [_event(IN_SCOPE, after, (), None, tuple(sorted(new)))] if new else []


def _of_inquiry(before: Resource | None, after: Resource) -> Iterator[str]:
    was_open = before is not None and before["status"] == "requested"
    if after["status"] == "requested" and not was_open:
        yield INQUIRY


def _of_review(before: Resource | None, after: Resource) -> Iterator[str]:
    was, now = before and _state(before), _state(after)
    if now == State.PROPOSED and (was != now or _owner(before or {}) != _owner(after)):
        yield PROPOSED
    if now != State.ENDED and _lead(before) != _lead(after):
        yield LEAD_CHANGED
    if _escalated(after) - _escalated(before):
        yield OVERDUE
    if now == State.COMPLETED != was:
        yield COMPLETED
    if now in _OVER and now != was:
        yield ENDED


def _event(
    topic: str,
    focus: Resource,
    codes: tuple[str, ...],
    owner: str | None,
    organisations: tuple[str, ...] | None = None,
) -> Event:
    version = int(focus["meta"]["versionId"])
    kind, resource_id = focus["resourceType"], focus["id"]
    return Event(topic, kind, resource_id, version, codes, owner, organisations)


def _codes(task: Resource) -> tuple[str, ...]:
    return tuple(f"{one['system']}|{one['code']}" for one in task["code"]["coding"])


def _owner(task: Resource) -> str | None:
    return task.get("owner", {}).get("identifier", {}).get("value")


def _state(task: Resource) -> str:
    return task["businessStatus"]["coding"][0]["code"]


def _lead(task: Resource | None) -> str | None:
    return _owner(task) if task is not None and _state(task) in _LED else None


def _escalated(task: Resource | None) -> set[str]:
    """When the board was told: only the clock does so, of what is overdue."""
    return {
        one["valueString"]
        for one in (task or {}).get("input", ())
        if any(coding.get("code") == "escalated" for coding in one["type"].get("coding", ()))
        and "valueString" in one
    }


def _whose(death: Resource | None, reasons: Reasons) -> set[str]:
    """The organisations whose death in scope it is. One in scope has the number of its case."""
    if death is None or not death.get("identifier") or death["status"] == "entered-in-error":
        return set()
    return {ods for ods, why in reasons.items() if _ITS_DEATH & set(why)}
