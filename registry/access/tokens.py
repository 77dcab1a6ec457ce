"""Access tokens: JSON Web Tokens that the registry signs for a client and verifies on each call.

Source of the claims: RFC 9068 (JWT profile for access tokens).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, Literal

from joserfc import jwt
from psycopg_pool import AsyncConnectionPool

from registry.access import compact, scopes
from registry.access.caller import Caller
from registry.access.clients import Client
from registry.access.remembered import Remembered
from registry.access.roles import is_role
from registry.access.settings import AccessSettings
from registry.access.signing_keys import SigningKeys

LIFETIME = 300
"""Seconds that an access token is good for."""

Clock = Callable[[], float]


class InvalidToken(Exception):
    """The token is not one of ours (`invalid`) or no longer good (`expired`)."""

    def __init__(self, why: Literal["invalid", "expired"]) -> None:
        super().__init__(why)
        self.why: Literal["invalid", "expired"] = why


class AccessTokens:
    """Issues and verifies access tokens; `clock` gives seconds since 1970."""

    def __init__(
        self, settings: AccessSettings, pool: AsyncConnectionPool[Any], clock: Clock = time.time
    ) -> None:
        self.settings = settings
        self.keys = SigningKeys(pool)
        self.clock = clock
        self._remembered = Remembered()

    async def issue(self, client: Client, granted: scopes.Scopes) -> str:
        """Takes an authenticated client and the scopes it is granted; returns a token for
        LIFETIME seconds."""
        key, now = await self.keys.newest(), int(self.clock())
        header = {"alg": "ES384", "typ": "at+jwt", "kid": key.kid}
        claims = {
            "iss": self.settings.base_url,
            "aud": self.settings.fhir_url,
            "sub": client.id,
            "client_id": client.id,
            "organisation": client.organisation,
            "role": client.role,
            "scope": scopes.text_of(granted),
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + LIFETIME,
        }
        return jwt.encode(header, claims, key, algorithms=["ES384"])

    async def verify(self, text: str) -> Caller:
        """Takes a token; returns whom it was issued to. InvalidToken: not ours, changed, for
        another address, or expired."""
        known = self._remembered.get(text)
        caller, expires = known or await self._read(text)
        if expires <= self.clock():
            raise InvalidToken("expired")
        if known is None:
            self._remembered.put(text, caller, expires)
        return caller

    async def _read(self, text: str) -> tuple[Caller, float]:
        try:
            token = compact.read(text)
        except compact.Malformed as error:
            raise InvalidToken("invalid") from error
        # Checked before the key is sought: only tokens of our form may cost a look into the
        # database.
        if token.algorithm != "ES384" or token.kid is None or not self._is_ours(token.claims):
            raise InvalidToken("invalid")
        key = await self.keys.named(token.kid)
        if key is None or not compact.is_signed_by(token, key):
            raise InvalidToken("invalid")
        return _caller(token.claims)

    def _is_ours(self, claims: dict[str, object]) -> bool:
        return claims.get("iss") == self.settings.base_url and (
            claims.get("aud") == self.settings.fhir_url
        )


def _caller(claims: dict[str, object]) -> tuple[Caller, float]:
    client_id, organisation, role = (
        claims.get("sub"),
        claims.get("organisation"),
        claims.get("role"),
    )
    scope, expires = claims.get("scope"), claims.get("exp")
    if not (
        isinstance(client_id, str)
        and isinstance(organisation, str | None)
        and is_role(role)
        and isinstance(scope, str)
        and isinstance(expires, int)
    ):
        raise InvalidToken("invalid")
    return Caller(client_id, organisation, role, scopes.parse(scope)), expires
