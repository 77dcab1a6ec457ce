"""What the claims of another issuer's access token mean here, its signature aside.

Sources: RFC 9068 (JWT profile for access tokens), RFC 8725 (JWT best current practices).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from registry.access import scopes
from registry.access.issuers.issuer import Issuer, Path, Place
from registry.access.roles import Role
from registry.access.token_refusal import InvalidToken, NotAdmitted

LEEWAY = 60.0
"""Seconds that two clocks may differ."""
TYPES = frozenset({None, "jwt", "at+jwt", "application/at+jwt"})
"""Values of `typ`, in lower case, that an access token may have: RFC 9068's, or the plain one."""
CLIENT = re.compile(r"[!-~]{1,128}")

Claims = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Stated:
    """Who calls, by the token: the client with its issuer's name before it, the organisation (ODS
    code), the role, and the scopes (None: the token's issuer has no scopes of ours)."""

    client_id: str
    place: Place
    scopes: scopes.Scopes | None


def check(kind: str | None, claims: Claims, issuer: Issuer, audience: str, now: float) -> float:
    """Takes `typ` and claims of a token of that issuer, the audience it must be for and the time in
    seconds since 1970; returns when it expires. InvalidToken: it is not an access token for us, has
    expired, or is not good yet."""
    if (kind.lower() if kind else kind) not in TYPES or not _is_for(claims.get("aud"), audience):
        raise InvalidToken("invalid")
    expires = _time(claims, "exp")
    if expires is None or expires > now + issuer.longest + LEEWAY:
        raise InvalidToken("invalid")
    if expires <= now:
        raise InvalidToken("expired")
    if any((_time(claims, name) or 0.0) > now + LEEWAY for name in ("nbf", "iat")):
        raise InvalidToken("invalid")
    return expires


def stated(claims: Claims, issuer: Issuer) -> Stated:
    """Takes the claims of a good token; returns who calls. NotAdmitted: what is missing."""
    client = _text(claims, issuer.claims.client, "client")
    if not CLIENT.fullmatch(client):
        said = _said(issuer.claims.client)
        raise NotAdmitted(f"{said} is not a client id of up to 128 characters")
    place = issuer.places.get(client) or Place(_organisation(claims, issuer), _role(claims, issuer))
    return Stated(f"{issuer.name}:{client}", place, _scopes(claims, issuer))


def _is_for(said: object, audience: str) -> bool:
    return audience in cast(list[object], said) if isinstance(said, list) else said == audience


def _time(claims: Claims, name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken("invalid")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidToken("invalid")
    return value


def _organisation(claims: Claims, issuer: Issuer) -> str:
    path = issuer.claims.organisation
    if path is None:
        raise NotAdmitted("the client is not among those known of its issuer")
    value = _text(claims, path, "organisation")
    if issuer.organisations is None:
        return value.upper()
    if value not in issuer.organisations:
        raise NotAdmitted(f"{_said(path)} names an organisation that is not known of its issuer")
    return issuer.organisations[value]


def _role(claims: Claims, issuer: Issuer) -> Role:
    path = issuer.claims.role
    if path is None:
        raise NotAdmitted("the client is not among those known of its issuer")
    names = _texts(claims, path, "role")
    found: set[Role] = {issuer.roles[name] for name in names if name in issuer.roles}
    if len(found) != 1:
        many = "more than one role" if found else "no role"
        raise NotAdmitted(f"{_said(path)} names {many} that is known of its issuer")
    return found.pop()


def _scopes(claims: Claims, issuer: Issuer) -> scopes.Scopes | None:
    path = issuer.claims.scopes
    return None if path is None else scopes.among(_texts(claims, path, "scopes"))


def _text(claims: Claims, path: Path, what: str) -> str:
    texts = _texts(claims, path, what, divided=False)
    if len(texts) != 1:
        raise NotAdmitted(f"{_said(path)} names more than one {what}")
    return texts[0]


def _texts(claims: Claims, path: Path, what: str, *, divided: bool = True) -> list[str]:
    value: object = dict(claims)
    for name in path:
        value = cast(Claims, value).get(name) if isinstance(value, dict) else None
    if isinstance(value, str):
        value = value.split() if divided else [value.strip()]
    texts = cast(list[object], value) if isinstance(value, list) else []
    found = [text for text in texts if isinstance(text, str) and text]
    if not found:
        raise NotAdmitted(f"{_said(path)} is missing, which says the {what}")
    return found


def _said(path: Path) -> str:
    return f"the claim {'/'.join(path)} of the token"
