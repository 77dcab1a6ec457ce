"""The rules for the claims of a client assertion (private_key_jwt), given the time now.

Sources: RFC 7523 section 3, SMART App Launch 2.2 "Client Authentication: Asymmetric", and the
signed JWT pattern of the NHS API platform.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from registry.access import compact
from registry.access.oauth_error import OAuthError

LEEWAY = 60
"""Seconds that two clocks may differ."""
LIFETIME = 300
"""Seconds that an assertion may still have to live."""
MAX_NAME = 255

ACCEPTED = sorted(compact.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an assertion says, its claims in order and its signature not yet checked.

    `expires` is in seconds since 1970.
    """

    token: compact.Compact
    client_id: str
    jti: str
    expires: float


def read(text: str, token_urls: Collection[str], now: float) -> Assertion:
    """Takes a client assertion, the audiences accepted and the time in seconds since 1970; returns
    what it says. OAuthError invalid_client: which rule it breaks. Needs no knowledge of any client,
    so its answers tell nothing about which clients there are."""
    try:
        token = compact.read(text)
    except compact.Malformed as error:
        raise _refused(str(error)) from error
    if token.algorithm not in ACCEPTED:
        raise _refused(f"alg must be one of {', '.join(ACCEPTED)}")
    client_id = _same_issuer_and_subject(token.claims)
    _check_audience(token.claims, token_urls)
    expires = _check_times(token.claims, now)
    return Assertion(token, client_id, _name(token.claims, "jti"), expires)


def _refused(reason: str) -> OAuthError:
    return OAuthError("invalid_client", f"client_assertion: {reason}")


def _same_issuer_and_subject(claims: Mapping[str, object]) -> str:
    issuer = _name(claims, "iss")
    if issuer != _name(claims, "sub"):
        raise _refused("iss and sub must both be the client id")
    return issuer


def _name(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    # Printable excludes NUL and lone surrogates, which no database text can hold.
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable():
        raise _refused(f"{name} is required: 1 to {MAX_NAME} printable characters")
    return value


def _check_audience(claims: Mapping[str, object], token_urls: Collection[str]) -> None:
    audience = claims.get("aud")
    named = cast(list[object], audience) if isinstance(audience, list) else [audience]
    if not any(isinstance(name, str) and name in token_urls for name in named):
        raise _refused(
            "aud must be the address of this token endpoint, as smart-configuration has it"
        )


def _check_times(claims: Mapping[str, object], now: float) -> float:
    expires = _time(claims, "exp")
    if expires is None:
        raise _refused("exp is required")
    if expires + LEEWAY <= now:
        raise _refused("exp is past")
    if expires > now + LIFETIME + LEEWAY:
        raise _refused(f"exp is more than {LIFETIME} seconds ahead")
    for name in ("nbf", "iat"):
        time = _time(claims, name)
        if time is not None and time > now + LEEWAY:
            raise _refused(f"{name} is in the future")
    return expires


def _time(claims: Mapping[str, object], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    finite = not isinstance(value, float) or math.isfinite(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not finite:
        raise _refused(f"{name} must be a number of seconds since 1970")
    return value
