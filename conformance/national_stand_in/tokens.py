"""The stand-in's token address: gives a token for a JWT that is signed as it should be.

Source: NHS England, "Application-restricted RESTful API - signed JWT authentication".
"""

from __future__ import annotations

import secrets
import time
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 599
_MOST_SECONDS = 300


class Refused(Exception):
    """No token for this; the text is what the platform would say of it."""


class TokenAddress:
    """One application's, with the public key it registered."""

    def __init__(self, url: str, client: str, key_id: str, public_key: str) -> None:
        self._url = url
        self._client = client
        self._key_id = key_id
        self._key = RSAKey.import_key(public_key)
        self._used: set[str] = set()
        self._given: set[str] = set()

    def give(self, form: dict[str, str]) -> dict[str, Any]:
        """Takes the form that was sent; returns the answer. Raises Refused."""
        if form.get("grant_type") != "client_credentials":
            raise Refused("grant_type is invalid")
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise Refused("Missing or invalid client_assertion_type")
        self._verify(form.get("client_assertion", ""))
        token = secrets.token_urlsafe(24)
        self._given.add(token)
        return {
            "access_token": token,
            "expires_in": str(LIFETIME),
            "token_type": "Bearer",
            "issued_at": str(int(time.time() * 1000)),
        }

    def takes(self, authorization: str) -> bool:
        """Takes an Authorization header; True for a token of ours."""
        return authorization.removeprefix("Bearer ") in self._given

    def revoke_all(self) -> None:
        """Makes all tokens worthless, as when the platform is restarted."""
        self._given.clear()

    def _verify(self, assertion: str) -> None:
        try:
            decoded = jwt.decode(assertion, self._key, algorithms=["RS512"])
        except (JoseError, ValueError):
            raise Refused("JWT signature is invalid") from None
        if decoded.header.get("kid") != self._key_id:
            raise Refused("Invalid 'kid' header in JWT")
        claims = decoded.claims
        if claims.get("iss") != self._client or claims.get("sub") != self._client:
            raise Refused("Missing or non-matching iss/sub claims in JWT")
        if claims.get("aud") != self._url:
            raise Refused("Missing or invalid aud claim in JWT")
        ends = claims.get("exp")
        if not isinstance(ends, int) or not 0 < ends - time.time() <= _MOST_SECONDS:
            raise Refused("Invalid exp claim in JWT: more than 5 minutes in future, or over")
        self._use(claims.get("jti"))

    def _use(self, jti: object) -> None:
        try:
            name = str(UUID(str(jti)))
        except ValueError:
            raise Refused("Missing or invalid jti claim in JWT") from None
        if name in self._used:
            raise Refused("Non-unique jti claim in JWT")
        self._used.add(name)
