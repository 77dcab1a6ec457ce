"""A Bundle as the set of what it says: each single value with its place, without what differs from
run to run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

Resource = dict[str, Any]
# Of making the Bundle, not of the message; and what is said about problems in it.
_OF_MAKING = {"id", "fullUrl", "lastUpdated", "versionId"}
_PROBLEMS = "OperationOutcome"
_REFERENCE = re.compile(r"(?:urn:uuid:|[A-Z][A-Za-z]+/)[A-Za-z0-9.\-]+")
# The digest of the message, and the time of its conversion (LinuxForHealth's).
_DIGEST = "urn:hash:"
_CONVERTED_AT = ".meta.extension.valueDateTime"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

Leaves = Counter[tuple[str, str]]
"""(place, value) -> how often; a place is such as Patient.name.family, without numbers."""


def leaves(bundle: Resource) -> Leaves:
    """Takes a Bundle; returns what its resources say."""
    found: Leaves = Counter()
    for entry in bundle.get("entry", []):
        resource = entry["resource"]
        if resource["resourceType"] != _PROBLEMS:
            found.update(_of(resource["resourceType"], resource))
    return found


def values(said: Leaves, place: str) -> list[str]:
    """Takes leaves and a place; returns the values there, in order."""
    return sorted({value for where, value in said if where == place})


def _of(place: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, part in cast(Resource, value).items():
            if name not in _OF_MAKING:
                yield from _of(f"{place}.{name}", part)
    elif isinstance(value, list):
        for part in cast(list[object], value):
            yield from _of(place, part)
    elif not place.endswith(_CONVERTED_AT):
        yield place, _masked(str(value).lower() if isinstance(value, bool) else str(value))


def _masked(value: str) -> str:
    is_made = value.startswith(_DIGEST) or _REFERENCE.fullmatch(value)
    return "…" if is_made else _UUID.sub("…", value)
