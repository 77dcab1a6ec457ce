"""Which types an export holds: what the role sees, cut by the scopes of the token.

The same table decides at the kick-off, and again whenever the export is asked after: a client that
has lost a scope has lost the export (as the authorisation of `$export` in Microsoft's FHIR server,
ADR-2607, has it).
"""

from __future__ import annotations

from collections.abc import Collection

from registry.access.bearer import REALM
from registry.access.roles import Role
from registry.access.scopes import Scopes, permits
from registry.api.outcomes import FhirError
from registry.core.visibility import may_see
from registry.export.kickoff import Asked
from registry.export.pseudonymised import ELEMENTS

# In the order of the files. The audit record grows by being read: it is searched, not exported.
TYPES = (
    "Patient",
    "Observation",
    "Encounter",
    "Condition",
    "Flag",
    "Task",
    "ServiceRequest",
    "Provenance",
    "Organization",
)
PSEUDONYMISED_ROLES: frozenset[Role] = frozenset({"national"})


def is_pseudonymised(role: Role) -> bool:
    """Takes a role; True where its exports name nobody."""
    return role in PSEUDONYMISED_ROLES


def of_role(role: Role) -> tuple[str, ...]:
    """Takes a role; returns the types that its exports may hold."""
    if is_pseudonymised(role):
        return tuple(name for name in TYPES if name in ELEMENTS)
    return tuple(name for name in TYPES if may_see(role, name))


def permitted(role: Role, scopes: Scopes) -> tuple[str, ...]:
    """Takes a role and the scopes of a token; returns the types that may be exported with it: those
    that it may read and search."""
    return tuple(
        name
        for name in of_role(role)
        if permits(scopes, name, "read") and permits(scopes, name, "search-type")
    )


def chosen(asked: Asked, role: Role, scopes: Scopes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Takes what is asked, by which role, with which scopes; returns the types to export, and what
    there is to say about those that are not. FhirError 403: nothing is left, or a type was named
    that the registry holds and the caller may not have."""
    allowed = permitted(role, scopes)
    if not allowed:
        raise refused("The token's scopes do not permit an export: no type may be read with it.")
    if asked.types is None:
        return allowed, asked.notes
    beyond = [name for name in asked.types if name in TYPES and name not in allowed]
    if beyond:
        raise refused(f"The token's scopes and role do not permit an export of {beyond[0]}.")
    absent = [name for name in asked.types if name not in TYPES]
    notes = tuple(f"The registry exports no {name}." for name in absent)
    return tuple(name for name in TYPES if name in asked.types), (*asked.notes, *notes)


def still_permits(types: Collection[str], role: Role, scopes: Scopes) -> bool:
    """Takes the types of an export, and who asks after it now; True where all of it might be asked
    for again."""
    return set(types) <= set(permitted(role, scopes))


def refused(text: str) -> FhirError:
    """Takes why; returns the refusal of a token that does not reach."""
    said = f'{REALM}, error="insufficient_scope", error_description="{text}"'
    return FhirError(403, "forbidden", "ACCESS_DENIED", text, headers={"WWW-Authenticate": said})
