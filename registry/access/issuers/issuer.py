"""A trusted issuer of access tokens: where its keys are, and what its claims mean here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.access.roles import Role

Path = tuple[str, ...]
"""Names of claims, each inside the one before it: `("realm_access", "roles")`."""


@dataclass(frozen=True, slots=True)
class ClaimPaths:
    """Where a token says who its client is, for which organisation and as what it acts, and its
    scopes (None: nowhere)."""

    client: Path = ("client_id",)
    organisation: Path | None = None
    role: Path | None = None
    scopes: Path | None = ("scope",)


@dataclass(frozen=True, slots=True)
class Place:
    """Whom a client acts for (ODS code), and as what."""

    organisation: str
    role: Role


@dataclass(frozen=True, slots=True)
class Issuer:
    """`name` is ours, and begins the ids of its clients; `issuer`, `audience` and `algorithms` are
    what its tokens must have (no audience: our FHIR address); `longest` is how many seconds ahead
    their `exp` may be. `places` says where its clients are by the client's id; for those it does
    not name the claims say it, as `roles` and `organisations` (None: ODS codes as they are)
    translate them."""

    name: str
    issuer: str
    jwks_url: str
    audience: str | None = None
    algorithms: frozenset[str] = frozenset({"RS384", "RS512", "ES384"})
    longest: float = 3600.0
    token_endpoint: str | None = None
    claims: ClaimPaths = ClaimPaths()
    roles: Mapping[str, Role] = field(default_factory=dict[str, Role])
    organisations: Mapping[str, str] | None = None
    places: Mapping[str, Place] = field(default_factory=dict[str, Place])


@dataclass(frozen=True, slots=True)
class TrustedIssuers:
    """The issuers whose access tokens open the API, and whether our own do (`own_tokens`)."""

    issuers: tuple[Issuer, ...] = ()
    own_tokens: bool = True

    def named(self, issuer: object) -> Issuer | None:
        """Takes the `iss` of a token; returns its issuer, None where it is not trusted."""
        return next((one for one in self.issuers if one.issuer == issuer), None)

    @property
    def token_url_elsewhere(self) -> str | None:
        """Where clients get tokens if not here: None where they get them here."""
        if self.own_tokens:
            return None
        return next(one.token_endpoint for one in self.issuers if one.token_endpoint)
