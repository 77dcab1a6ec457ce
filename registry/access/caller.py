"""Who is calling: what a verified access token says."""

from __future__ import annotations

from dataclasses import dataclass

from registry.access.roles import Role
from registry.access.scopes import Scopes


@dataclass(frozen=True, slots=True)
class SignedInPerson:
    """Somebody who signed in: the id and the name their identity provider gave."""

    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class Caller:
    """A client with its organisation (ODS code; None = an adapter that speaks for any), its role
    and the scopes its token was granted; and the person who acts through it (None: a system
    does)."""

    client_id: str
    organisation: str | None
    role: Role
    scopes: Scopes
    person: SignedInPerson | None = None
