"""Access tokens: JSON Web Tokens that the registry signs for a client and verifies on each call.

Source of the claims: RFC 9068 (JWT profile for access tokens).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

from joserfc import jwt
from psycopg_pool import AsyncConnectionPool

from registry.access import compact, scopes
from registry.access.caller import Caller
from registry.access.clients import Client
from registry.access.compact import Compact
from registry.access.issuers.tokens import IssuedElsewhere
from registry.access.public_key import unnamed
from registry.access.remembered import Remembered
from registry.access.roles import is_role
from registry.access.settings import AccessSettings
from registry.access.signing_keys import SigningKeys
from registry.access.token_refusal import InvalidToken

LIFETIME = 300
"""Seconds that an access token is good for."""
RECHECK = 60.0
"""Seconds after which a token's signature is verified again: its key may have been taken away."""

Clock = Callable[[], float]


class AccessTokens:
    """Issues and verifies access tokens, and verifies those of other issuers where some are
    trusted; `clock` gives seconds since 1970."""

    def __init__(
        self,
        settings: AccessSettings,
        pool: AsyncConnectionPool[Any],
        clock: Clock = time.time,
        elsewhere: IssuedElsewhere | None = None,
    ) -> None:
        self.settings = settings
        self.keys = SigningKeys(pool, clock)
        self.clock = clock
        self._elsewhere = elsewhere
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
        """Takes a token; returns whom it was issued to. InvalidToken: not ours nor of a trusted
        issuer, changed, for another address, or expired. NotAdmitted, IssuerUnavailable: as they
        say, of another issuer's token."""
        now = self.clock()
        known = self._remembered.get(text, now)
        if known is not None:
            return known
        caller, expires = await self._read(text, now)
        if expires <= now:
            raise InvalidToken("expired")
        self._remembered.put(text, caller, min(expires, now + RECHECK))
        return caller

    async def _read(self, text: str, now: float) -> tuple[Caller, float]:
        try:
            token = compact.read(text)
        except compact.Malformed as error:
            raise InvalidToken("invalid") from error
        if self.settings.issues_tokens and token.claims.get("iss") == self.settings.base_url:
            return await self._ours(token)
        if self._elsewhere is None:
            raise InvalidToken("invalid")
        return await self._elsewhere.read(token, now)

    async def _ours(self, token: Compact) -> tuple[Caller, float]:
        # Checked before the key is sought: only tokens of our form may cost a look into the
        # database.
        is_for_us = token.claims.get("aud") == self.settings.fhir_url
        if token.algorithm != "ES384" or token.kid is None or not is_for_us:
            raise InvalidToken("invalid")
        key = await self.keys.named(token.kid)
        if key is None or not compact.is_signed_by(token, unnamed(key)):
            raise InvalidToken("invalid")
        return _caller(token.claims)


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
