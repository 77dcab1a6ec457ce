"""The paths of a FHIRPath Patch, as clients write them: elements by name, `[n]`, `where(...)` with
equalities, `first()`, `last()`, `single()`. Everything else is refused, not guessed.

FHIR R4 asks that such a path gives one element; here it gives the place where that stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

from registry.api.outcomes import FhirError
from registry.api.validation.definitions import Element, definition

_STEP = re.compile(
    r"(?P<where>where)\((?P<test>(?:[^()']|'(?:[^'\\]|\\.)*')*)\)"
    r"|(?P<function>first|last|single)\(\)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9]*)"
    r"|\[(?P<index>\d{1,6})\]"
)
_EQUALITY = re.compile(
    r"\s*(?P<path>[A-Za-z][A-Za-z0-9.]*)\s*=\s*"
    r"(?:'(?P<text>(?:[^'\\]|\\.)*)'|(?P<word>true|false|-?\d+(?:\.\d+)?))\s*"
)
MAX_PATH = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where an element stands: in an object by name or in an array by position, with its type.
    `value` is what stands there."""

    holder: Any
    key: str | int
    type_name: str

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.holder[self.key]


def places(resource: dict[str, Any], path: str) -> list[Place]:
    """Takes a resource and a path that begins with its type; returns the places the path leads
    to, in order. FhirError 400: not a path of this kind."""
    if len(path) > MAX_PATH:
        raise refused("a path is too long")
    found = [Place({"": resource}, "", resource["resourceType"])]
    steps = _steps(path)
    if steps[0].group("name") != resource["resourceType"]:
        raise refused(f"a path begins with {resource['resourceType']}")
    for step in steps[1:]:
        found = _after(found, step)
    return found


def child(type_name: str, name: str) -> list[Element]:
    """Takes a type and the name of an element in FHIRPath; returns how it may stand in JSON: one
    element, or one for each type of a choice; none where the type has no such element."""
    known = definition(type_name)
    return [e for e in known.elements.values() if e.base == name] if known else []


def written(type_name: str, name: str) -> Element | None:
    """Takes a type and the name of an element in JSON; returns the element, None where the type
    has none of that name."""
    known = definition(type_name)
    return known.elements.get(name) if known else None


def refused(why: str) -> FhirError:
    """The patch cannot be read: FHIR's own rule, and why."""
    text = f"The body is not a FHIRPath Patch that can be read: {why}."
    return FhirError(400, "invalid", "INVALID_VALUE", text, expression="Parameters.parameter")


def _steps(path: str) -> list[re.Match[str]]:
    steps: list[re.Match[str]] = []
    at = 0
    while at < len(path):
        if steps and path[at] == ".":
            at += 1
        match = _STEP.match(path, at)
        if match is None:
            break
        steps.append(match)
        at = match.end()
    if at < len(path) or not steps:
        raise refused(
            "a path has names, [n], where(name = 'value'), first(), last() and single() only"
        )
    return steps


def _after(found: list[Place], step: re.Match[str]) -> list[Place]:
    if step["name"]:
        return [below for place in found for below in _named(place, step["name"])]
    if step["index"] is not None:
        return found[int(step["index"]) : int(step["index"]) + 1]
    if step["where"]:
        return [place for place in found if _holds(place, step["test"])]
    if step["function"] == "single" and len(found) > 1:
        raise refused("single() finds more than one element")
    return found[-1:] if step["function"] == "last" else found[:1]


def _named(place: Place, name: str) -> list[Place]:
    value = place.value
    if not isinstance(value, dict):
        return []
    holder = cast(dict[str, Any], value)
    for element in child(place.type_name, name):
        if element.name not in holder:
            continue
        held = holder[element.name]
        if isinstance(held, list):
            items = cast(list[Any], held)
            return [Place(items, at, element.type_name) for at in range(len(items))]
        return [Place(holder, element.name, element.type_name)]
    return []


def _holds(place: Place, test: str) -> bool:
    for part in re.split(r"\band\b(?=(?:[^']*'[^']*')*[^']*$)", test):
        equality = _EQUALITY.fullmatch(part)
        if equality is None:
            raise refused("where(...) takes equalities like type.text = 'x', joined by and")
        below = [place]
        for name in equality["path"].split("."):
            below = [deeper for one in below for deeper in _named(one, name)]
        if not any(_text(one.value) == _wanted(equality) for one in below):
            return False
    return True


def _wanted(equality: re.Match[str]) -> str:
    if equality["text"] is None:
        return equality["word"]
    return re.sub(r"\\(.)", r"\1", equality["text"])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
