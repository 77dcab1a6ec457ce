"""What is put on record: an act of a client on resources, as the API saw it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """A resource that an act showed or changed: its type and id, the person it is about (the id of
    the Patient; None: nobody), and who may see it (None: everybody who is party to the case)."""

    resource_type: str
    resource_id: str
    person: str | None = None
    audience: tuple[str, ...] | None = None

    @property
    def reference(self) -> str:
        """Type and id, as in a Reference."""
        return f"{self.resource_type}/{self.resource_id}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the client (None: not known to be one of ours), its organisation (ODS code; None:
    an adapter for any, or nobody known), its role, and the person who signed in to it (their
    identity provider's id; None: a system acts)."""

    client: str | None = None
    organisation: str | None = None
    role: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: its id, the address it was sent from as the connection (or the
    proxy before us) has it, and why, where a person was asked (a code of v3-PurposeOfUse)."""

    request_id: str | None = None
    network: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `interaction` is a code of FHIR's restful-interaction, of an operation, or `token`;
    `status` the HTTP status of its answer; `asked` what the address names (`Task`, `Task/1`);
    `query` the parameters with every personal value replaced; `shown` what the caller saw or
    changed; `hidden` what it reached for in vain without learning that it is there."""

    at: datetime
    interaction: str
    actor: Actor
    origin: Origin
    status: int
    asked: str = ""
    query: str | None = None
    shown: tuple[Subject, ...] = ()
    hidden: tuple[Subject, ...] = ()

    @property
    def is_done(self) -> bool:
        """False where it was refused."""
        return self.status < 400
