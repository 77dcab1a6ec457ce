"""Which roles an organisation of a type may be given."""

from __future__ import annotations

from registry.access.roles import Role

# A slip here would show one kind of organisation another's view.
TYPES_OF_ROLE: dict[Role, frozenset[str]] = {
    "provider": frozenset({"acute", "mental-health", "community", "medical-examiner"}),
    "gp": frozenset({"gp"}),
    "icb": frozenset({"icb"}),
    "national": frozenset({"national"}),
}


def fits(role: Role, organisation_type: str) -> bool:
    """True if an organisation of the type may act in the role."""
    return organisation_type in TYPES_OF_ROLE.get(role, {organisation_type})
