"""The roles a client of the registry can have."""

from __future__ import annotations

from typing import Literal, TypeGuard, get_args

Role = Literal["adapter", "provider", "gp", "icb", "national", "admin"]

ROLES: tuple[Role, ...] = get_args(Role)


def is_role(text: object) -> TypeGuard[Role]:
    """True if the text is the name of a role."""
    return text in ROLES
