"""What of a resource an answer holds: what the caller's role sees, of what the caller asked
for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import orjson

from registry.api.outcomes import bad_parameter
from registry.api.validation.definitions import element_names, summary_names
from registry.core.visibility import SUBSETTED, VISIBLE, may_see, view

_ALWAYS = frozenset({"resourceType", "id", "meta"})


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a resource that a client asked for: the elements of the type searched, and
    whether narrative is left out of others."""

    resource_type: str
    elements: frozenset[str]


def part_of(
    resource_type: str,
    *,
    elements: list[str] | None = None,
    summary: Literal["true", "data"] | str = "true",
) -> Part:
    """Takes a type and `_elements` or `_summary`; returns the part asked for, with what is
    mandatory. FhirError 400: an element the type does not have."""
    mandatory = element_names(resource_type, mandatory_only=True)
    if elements is None:
        if summary == "data":
            return Part(resource_type, frozenset(element_names(resource_type)) - {"text"})
        return Part(resource_type, summary_names(resource_type) | _ALWAYS | mandatory)
    # `Task.status` is how R4 also writes it.
    names = {name.removeprefix(f"{resource_type}.") for name in elements}
    known = element_names(resource_type)
    unknown = sorted(n for n in names if n not in known and f"{n}[x]" not in known)
    if unknown:
        raise bad_parameter(f"_elements: {resource_type} has no such element.")
    chosen = {k for k in known for n in names if k in (n, f"{n}[x]") or _is_choice(k, n)}
    return Part(resource_type, frozenset(chosen) | names | _ALWAYS | mandatory)


def sees(role: str, resource_type: str, element: str) -> bool:
    """Takes a role, a type and an element; True if the role sees the element."""
    if not may_see(role, resource_type):
        return False
    elements = VISIBLE[role][resource_type]
    return elements is None or element in elements


def shown(content: str, resource_type: str, role: str, part: Part | None = None) -> bytes:
    """Takes a resource's stored JSON text, a role that may see its type, and the part asked for
    (None: all); returns the JSON that the role gets: the stored text itself where nothing is left
    out."""
    is_whole = part is None or part.resource_type != resource_type
    if is_whole and VISIBLE[role][resource_type] is None:
        return content.encode()
    seen = view(orjson.loads(content), role)
    if not is_whole:
        assert part is not None
        kept = {name: value for name, value in seen.items() if name in part.elements}
        tags = [t for t in seen["meta"].get("tag", []) if t != SUBSETTED]
        seen = {**kept, "meta": {**seen["meta"], "tag": [*tags, SUBSETTED]}}
    return orjson.dumps(seen)


def _is_choice(known: str, name: str) -> bool:
    return known.startswith(name) and known[len(name) : len(name) + 1].isupper()
