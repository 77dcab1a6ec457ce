"""Who sees what: role by resource type, and within a resource which elements.

One table, read by the search, the read and the update alike. A caller also has to be involved with
the person: that is a condition on rows, in registry/store.
"""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]

EVERYTHING = None
SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}

_ALWAYS = {"resourceType", "id", "meta", "identifier", "status"}
_GP_TASK = _ALWAYS | {
    "groupIdentifier",
    "businessStatus",
    "intent",
    "code",
    "focus",
    "for",
    "executionPeriod",
    "authoredOn",
    "lastModified",
    "requester",
    "owner",
}
_GP_DEATH = _ALWAYS | {"code", "subject", "effectiveDateTime"}

# role -> resource type -> elements (EVERYTHING: no element is left out). Absent: not visible.
VISIBLE: dict[str, dict[str, set[str] | None]] = {
    "provider": {
        "Task": EVERYTHING,
        "Patient": EVERYTHING,
        "Observation": EVERYTHING,
        "Flag": EVERYTHING,
        "Organization": EVERYTHING,
    },
    "icb": {
        "Task": EVERYTHING,
        "Patient": EVERYTHING,
        "Observation": EVERYTHING,
        "Flag": EVERYTHING,
        "Organization": EVERYTHING,
    },
    "gp": {
        "Task": _GP_TASK,
        "Patient": EVERYTHING,
        "Observation": _GP_DEATH,
        "Organization": EVERYTHING,
    },
    "national": {"Organization": EVERYTHING},
    "admin": {"Organization": EVERYTHING},
    "adapter": {},
}


def may_see(role: str, resource_type: str) -> bool:
    """Takes a role and a resource type; True if the role sees anything of that type."""
    return resource_type in VISIBLE.get(role, {})


def view(resource: Resource, role: str) -> Resource:
    """Takes a resource and a role that may see its type; returns what the role sees of it.

    What is left out is marked by the SUBSETTED tag.
    """
    elements = VISIBLE[role][resource["resourceType"]]
    if elements is None or set(resource) <= elements:
        return resource
    seen = {name: value for name, value in resource.items() if name in elements}
    meta = seen.get("meta", {})
    seen["meta"] = {**meta, "tag": [*meta.get("tag", []), SUBSETTED]}
    return seen
