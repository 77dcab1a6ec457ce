"""Steps on a review: what a client may change of a Task, and the decision it amounts to.

A client sends the Task back with one change. Everything else it sends must be as it was given: the
rest of a review follows from facts and is nobody's to edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from registry.core.visibility import view

Resource = dict[str, Any]

# FHIR Task.status -> the steps that the organisation it is proposed to may take from there.
STEPS = {"requested": ("accepted",)}
_LEADING_ROLES = ("provider", "icb")
# What the server alone writes, and a client's copy of it is not compared.
_SERVER_OWNED = {"meta", "text", "lastModified"}


@dataclass(frozen=True, slots=True)
class StepRefused(Exception):
    """The step is not allowed: FHIR issue code, where, why, and what would be allowed."""

    code: str
    expression: str
    text: str


def step(current: Resource, sent: Resource, organisation: str | None, role: str) -> str | None:
    """Takes the stored Task, the Task a caller sent, and who the caller is; returns the step to be
    taken, or None when nothing changes.

    Raises StepRefused when the change is not one the caller may make.
    """
    seen = view(current, role)
    changed = _changed(seen, sent)
    if not changed:
        return None
    if changed != ["status"]:
        others = [name for name in changed if name != "status"]
        raise StepRefused(
            "business-rule",
            f"Task.{others[0]}",
            f"Only Task.status can be changed; {', '.join(others)} must be sent as it was read.",
        )
    _refuse_outsiders(current, organisation, role)
    return _allowed(current["status"], sent.get("status"))


def leads_now(task: Resource) -> str:
    """Takes a Task; returns in one sentence who leads or is proposed to lead."""
    owner = task.get("owner", {})
    who = f"{owner.get('display')} ({owner.get('identifier', {}).get('value')})"
    if not owner:
        return "Nobody is proposed to lead."
    since = task.get("executionPeriod", {}).get("start")
    return f"{who} has led since {since}." if since else f"{who} is proposed to lead."


def _changed(seen: Resource, sent: Resource) -> list[str]:
    names = (set(seen) | set(sent)) - _SERVER_OWNED
    return sorted(name for name in names if seen.get(name) != sent.get(name))


def _refuse_outsiders(current: Resource, organisation: str | None, role: str) -> None:
    owner = current.get("owner", {}).get("identifier", {}).get("value")
    if role not in _LEADING_ROLES or organisation is None or organisation != owner:
        raise StepRefused(
            "forbidden",
            "Task.owner",
            f"Only the organisation it is proposed to can take this step. {leads_now(current)}",
        )


def _allowed(now: str, wanted: Any) -> str:
    allowed = STEPS.get(now, ())
    if wanted not in allowed:
        offered = ", ".join(allowed) or "none"
        raise StepRefused(
            "business-rule",
            "Task.status",
            f"A review that is {now} cannot become {wanted}. Allowed next: {offered}.",
        )
    return str(wanted)
