"""What Tasks are found by, in columns of their own: the reader's role lets an index compare only
what can leak nothing (registry/schema/0015, 0023)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.core.steps.task import ReviewTask, first_coding

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaskColumns:
    """A Task's due date, whom its lead is offered to, the system of its code (reviews and questions
    differ in it), where it stands and how far it is needed. Nothing for other resources."""

    due: date | None = None
    offered_to: str | None = None
    code_system: str | None = None
    business_status: str | None = None
    necessity: str | None = None


_NOT_A_TASK = TaskColumns()


def task_columns(resource: Resource) -> TaskColumns:
    """Takes a resource; returns its columns. Our Tasks have one Coding in each of these."""
    if resource["resourceType"] != "Task":
        return _NOT_A_TASK
    task = ReviewTask(resource)
    end: str | None = resource.get("restriction", {}).get("period", {}).get("end")
    needed = task.inputs("necessity")
    return TaskColumns(
        due=date.fromisoformat(end[:10]) if end else None,
        offered_to=task.offered_to,
        code_system=first_coding(resource["code"]).get("system"),
        business_status=first_coding(resource["businessStatus"]).get("code"),
        necessity=first_coding(needed[0]["valueCodeableConcept"]).get("code") if needed else None,
    )
