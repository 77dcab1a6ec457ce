"""Elements that many resources have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance import canonical

Resource = dict[str, Any]


def valued(**elements: Any) -> Resource:
    """Takes elements; returns those that have a value: FHIR knows no empty ones."""
    return {name: value for name, value in elements.items() if value not in (None, [], {}, "")}


def concept(system: str, code: str, text: str) -> Resource:
    """Takes a code system, a code of it and words; returns a CodeableConcept."""
    return {"coding": [{"system": system, "code": str(code)}], "text": text}


def task_input(kind: str, value: Resource | str) -> Resource:
    """Takes the kind of input (review-input) and a string, a Reference or a CodeableConcept;
    returns the Task.input."""
    return _parameter(canonical.REVIEW_INPUT, kind, value)


def task_output(kind: str, value: Resource | str) -> Resource:
    """Takes the kind of output (review-output) and a value as above; returns the Task.output."""
    return _parameter(canonical.REVIEW_OUTPUT, kind, value)


def _parameter(system: str, kind: str, value: Resource | str) -> Resource:
    if isinstance(value, str):
        element = "valueString"
    else:
        is_reference = "reference" in value or "identifier" in value
        element = "valueReference" if is_reference else "valueCodeableConcept"
    return {"type": {"coding": [{"system": system, "code": kind}]}, element: value}


def kind_of(parameter: Resource, system: str) -> str | None:
    """Takes a Task.input or output and the code system of its kinds; returns its kind."""
    for coding in parameter.get("type", {}).get("coding", []):
        if coding.get("system") == system:
            return coding.get("code")
    return None


def of_kind(parameters: Iterable[Resource], system: str, kind: str) -> list[Resource]:
    """Takes inputs or outputs, the system of their kinds and a kind; returns those of it."""
    return [p for p in parameters if kind_of(p, system) == kind]
