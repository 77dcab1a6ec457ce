"""JSON whose shape is another's to give: what is not as expected reads as absent, never raises."""

from __future__ import annotations

from typing import Any, cast

Json = dict[str, Any]


def as_object(value: Any) -> Json:
    """Takes a JSON value; returns it where it is an object, else an empty one."""
    return cast(Json, value) if isinstance(value, dict) else {}


def objects(value: Any) -> list[Json]:
    """Takes a JSON value; returns the objects in it where it is a list, else none."""
    if not isinstance(value, list):
        return []
    return [cast(Json, one) for one in cast("list[Any]", value) if isinstance(one, dict)]


def codes(concept: Any) -> set[str]:
    """Takes what should be a CodeableConcept; returns its codes, of whatever system."""
    return {str(coding.get("code")) for coding in objects(as_object(concept).get("coding"))}
