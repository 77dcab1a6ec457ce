"""SMART system scopes: what each role may be granted, and what a granted scope permits.

Source: SMART App Launch 2.2, "Scopes and Launch Context" (letters c r u d s; version 1's `.read` is
`.rs`, `.write` is `.cud`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Literal

from registry.access.resource_types import RESOURCE_TYPES
from registry.access.roles import Role

Interaction = Literal[
    "create",
    "read",
    "vread",
    "history-instance",
    "update",
    "patch",
    "delete",
    "search-type",
    "history-type",
]
Scopes = frozenset[tuple[str, str]]
"""Pairs of resource type and one letter of `cruds`."""

LETTERS = "cruds"
VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
LETTER_OF: dict[Interaction, str] = {
    "create": "c",
    "read": "r",
    "vread": "r",
    "history-instance": "r",
    "update": "u",
    "patch": "u",
    "delete": "d",
    "search-type": "s",
    "history-type": "s",
}

# Asked for by clients of other flows; we never grant them, but they are no mistakes.
OTHER_FLOWS = re.compile(r"openid|profile|fhirUser|(off|on)line_access|launch(/[A-Za-z]+)?")
RESOURCE_SCOPE = re.compile(r"(system|user|patient)/([A-Za-z]+|\*)\.([a-z]+|\*)(\?\S+)?")
MAX_LENGTH = 8000


class InvalidScope(ValueError):
    """The scopes asked for can't be read, or none of them may be granted; str() is for the
    client."""


def _scopes(text: str) -> Scopes:
    return frozenset(
        (resource_type, letter)
        for scope in text.split()
        for resource_type, letters in [scope.removeprefix("system/").split(".")]
        for letter in letters
    )


_PROVIDER = _scopes(
    "system/Task.rus system/Patient.rs system/Encounter.rs system/Condition.rs"
    " system/Observation.rs system/Flag.rs system/ServiceRequest.crus system/Provenance.rs"
    " system/Organization.rs system/AuditEvent.rs system/Subscription.cruds system/Basic.rs"
)
# Exports are authorised by type; Groups say of whom. A practice answers and proposes no cohort.
_GROUPS = _scopes("system/Group.crus")
# A national recipient reads none of these by id or search (registry/core/visibility.py): what it
# may have exported names nobody (registry/export/pseudonymised.py).
_PSEUDONYMISED = _scopes(
    "system/Task.rs system/Patient.rs system/Encounter.rs system/Condition.rs"
    " system/Observation.rs system/Flag.rs"
)
OF_ROLE: dict[Role, Scopes] = {
    "adapter": _scopes("system/Bundle.c"),
    "provider": _PROVIDER | _GROUPS | _scopes("system/MeasureReport.crs"),
    "gp": _scopes(
        "system/Task.rs system/Patient.rs system/Observation.rs system/ServiceRequest.crus"
        " system/Organization.rs system/AuditEvent.rs system/Subscription.cruds system/Basic.rs"
        " system/Group.rus"
    ),
    "icb": _PROVIDER | _GROUPS | _scopes("system/MeasureReport.rs"),
    "national": _PSEUDONYMISED
    | _scopes("system/Bundle.c system/Organization.rs system/MeasureReport.rs"),
    "admin": _scopes("system/Organization.rs"),
}


def parse(text: str) -> Scopes:
    """Takes scopes separated by spaces; returns the system scopes among them, `*` as a type of its
    own.

    Scopes of other flows (`openid`, `patient/...`) and narrowed ones (`system/Task.rs?owner=...`,
    which we can't honour and so must not widen) are left out. InvalidScope: a name is no scope at
    all.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidScope(f"scope is longer than {MAX_LENGTH} characters")
    return frozenset(pair for scope in text.split() for pair in _read(scope))


def _read(scope: str) -> Scopes:
    if OTHER_FLOWS.fullmatch(scope):
        return frozenset()
    parts = RESOURCE_SCOPE.fullmatch(scope)
    if parts is None:
        raise InvalidScope("a scope must read like system/Task.rs")
    context, resource_type, actions, query = parts.groups()
    if resource_type != "*" and resource_type not in RESOURCE_TYPES:
        raise InvalidScope("a scope names a resource type that FHIR R4 does not have")
    letters = _letters(actions)
    if context != "system" or query is not None:
        return frozenset()
    return frozenset((resource_type, letter) for letter in letters)


def _letters(actions: str) -> str:
    letters = VERSION_1.get(actions, actions)
    if letters != "".join(letter for letter in LETTERS if letter in letters):
        raise InvalidScope("the letters of a scope are some of c, r, u, d, s, in this order")
    return letters


def grant(requested: str | None, role: Role) -> Scopes:
    """Takes the scopes a client asks for (None: all it may have, as the NHS's own pattern has it)
    and its role; returns those of the role that it asked for. InvalidScope: unreadable, or none is
    left."""
    allowed = OF_ROLE[role]
    if requested is None:
        return allowed
    granted = cut(parse(requested), allowed)
    if not granted:
        raise InvalidScope("none of the scopes asked for may be granted to this client")
    return granted


def cut(wanted: Scopes, allowed: Scopes) -> Scopes:
    """Returns those of the allowed scopes that are wanted, by name or by `*`."""
    return frozenset(p for p in allowed if p in wanted or ("*", p[1]) in wanted)


def among(names: Iterable[str]) -> Scopes:
    """Takes names of which some may be scopes of ours, as another issuer's tokens have them;
    returns those that are."""
    found: set[tuple[str, str]] = set()
    for name in names:
        with suppress(InvalidScope):
            found |= parse(name)
    return frozenset(found)


def permits(scopes: Scopes, resource_type: str, interaction: Interaction) -> bool:
    """True if granted scopes allow a FHIR interaction on a type; `$process-message` is `create` of
    a Bundle."""
    return (resource_type, LETTER_OF[interaction]) in scopes


def text_of(scopes: Scopes) -> str:
    """Returns scopes as SMART version 2 writes them, by type, separated by spaces."""
    types = sorted({resource_type for resource_type, _ in scopes})
    return " ".join(f"system/{name}.{_of_type(scopes, name)}" for name in types)


def _of_type(scopes: Scopes, resource_type: str) -> str:
    return "".join(letter for letter in LETTERS if (resource_type, letter) in scopes)
