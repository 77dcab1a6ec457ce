"""What the identity provider says of itself (OpenID Connect Discovery 1.0)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from console.address import AddressError, checked
from console.sign_in.fault import ProviderFault

WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """The provider's addresses; None for what it does not offer. `names_itself`: it puts its issuer
    into its authorization responses (RFC 9207). `client_algorithms` are those it takes of a client
    that proves itself with a key (RFC 8414)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    names_itself: bool
    client_algorithms: frozenset[str]


def address(issuer: str) -> str:
    """Takes the issuer; returns where its discovery document is (section 4)."""
    return issuer.rstrip("/") + WELL_KNOWN


def read(document: Mapping[str, object], issuer: str) -> ProviderMetadata:
    """Takes a discovery document and the issuer it was asked of; returns what it says.
    ProviderFault: another issuer's (section 4.3), or an address missing or not safe."""
    if document.get("issuer") != issuer:
        raise ProviderFault(
            "discovery: the document is of another issuer; --oidc-issuer must be exactly its issuer"
        )
    return ProviderMetadata(
        issuer,
        _address(document, "authorization_endpoint"),
        _address(document, "token_endpoint"),
        _address(document, "jwks_uri"),
        _optional(document, "userinfo_endpoint"),
        _optional(document, "end_session_endpoint"),
        document.get("authorization_response_iss_parameter_supported") is True,
        _names(document.get("token_endpoint_auth_signing_alg_values_supported")),
    )


def _optional(document: Mapping[str, object], name: str) -> str | None:
    return None if document.get(name) is None else _address(document, name)


def _address(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise ProviderFault(f"discovery: {name} is missing")
    try:
        return checked(value, name)
    except AddressError as error:
        raise ProviderFault(f"discovery: {error}") from error


def _names(value: object) -> frozenset[str]:
    rows = cast(list[object], value) if isinstance(value, list) else []
    return frozenset(row for row in rows if isinstance(row, str))
