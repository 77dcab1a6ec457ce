"""Who sees what, as one table in two parts that are both needed: what a role sees of which type,
and how far an organisation's involvement with the person reaches.

Search, read, update, the audit record and docs/who-sees-what.md read it. Which rows follow from it
is kept in the database (`readable`, registry/store/writing.py), and enforced there once more.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any, Literal

from registry.core.derive import Involvement

Resource = dict[str, Any]
Reach = Literal["case", "addressed"]

EVERYTHING = None
SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}

# How far an involvement reaches. `case`: the whole case but what names its readers; `addressed`:
# only what names the organisation as a reader (its own question, its own concern). Who is involved
# in no way reaches nothing.
REACH: dict[str, Reach] = {
    Involvement.IN_SCOPE: "case",
    Involvement.REPORTED: "case",
    Involvement.LEAD: "case",
    Involvement.OFFERED: "case",
    Involvement.CONTRIBUTOR: "case",
    Involvement.PRACTICE: "case",
    Involvement.ICB: "case",
    Involvement.ASKED: "addressed",
    Involvement.CONCERNED: "addressed",
}

_ALWAYS = {"resourceType", "id", "meta", "identifier", "status"}
_GP_TASK = _ALWAYS | {
    "groupIdentifier",
    "businessStatus",
    "intent",
    "code",
    "description",
    "focus",
    "for",
    "executionPeriod",
    "authoredOn",
    "lastModified",
    "requester",
    "owner",
}
_GP_DEATH = _ALWAYS | {"code", "subject", "effectiveDateTime"}

_PARTY: dict[str, set[str] | None] = {
    "Task": EVERYTHING,
    "Patient": EVERYTHING,
    "Encounter": EVERYTHING,
    "Condition": EVERYTHING,
    "Observation": EVERYTHING,
    "Flag": EVERYTHING,
    "ServiceRequest": EVERYTHING,
    "Provenance": EVERYTHING,
    "Organization": EVERYTHING,
    "AuditEvent": EVERYTHING,
    "Subscription": EVERYTHING,
}

# role -> resource type -> elements (EVERYTHING: no element is left out). Absent: not visible.
VISIBLE: dict[str, dict[str, set[str] | None]] = {
    "provider": _PARTY,
    "icb": _PARTY,
    "gp": {
        "Task": _GP_TASK,
        "Patient": EVERYTHING,
        "Observation": _GP_DEATH,
        "ServiceRequest": EVERYTHING,
        "Organization": EVERYTHING,
        "AuditEvent": EVERYTHING,
        "Subscription": EVERYTHING,
    },
    "national": {"Organization": EVERYTHING},
    "admin": {"Organization": EVERYTHING},
    "adapter": {},
}


def is_party(reasons: Collection[str]) -> bool:
    """Takes why an organisation is involved with a person; True where it sees the case, not only
    what names it as a reader."""
    return any(REACH[reason] == "case" for reason in reasons)


def may_see(role: str, resource_type: str) -> bool:
    """Takes a role and a resource type; True if the role sees anything of that type."""
    return resource_type in VISIBLE.get(role, {})


@cache
def roles_that_see(resource_type: str) -> tuple[str, ...]:
    """Takes a resource type; returns the roles that see anything of it, in order."""
    return tuple(sorted(role for role, types in VISIBLE.items() if resource_type in types))


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
