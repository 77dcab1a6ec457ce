"""Access tokens of the API platform, by signed JWT.

Source: NHS England, "Application-restricted RESTful API - signed JWT authentication": RS512, the
`kid` as registered, `aud` the token address itself, a `jti` used once, no more than five minutes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import uuid4

import httpx
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from registry.national.foreign_json import as_object
from registry.national.settings import ApplicationKey

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Below the five minutes that are allowed, for clocks that differ.
LIFETIME = 240
_MARGIN = 30.0


class NoToken(Exception):
    """No token can be had; the text says why, without secrets."""


def assertion(key: ApplicationKey, now: int) -> str:
    """Takes who we are and the time (seconds since 1970); returns the signed JWT. Raises NoToken
    where the key is no RSA private key."""
    try:
        signing = RSAKey.import_key(key.private_key)
    except (JoseError, ValueError):
        raise NoToken("the key is no RSA key in PEM") from None
    if not signing.is_private:
        raise NoToken("the key is a public one: the private key is needed")
    claims = {
        "iss": key.client,
        "sub": key.client,
        "aud": key.token_url,
        "jti": str(uuid4()),
        "exp": now + LIFETIME,
    }
    header = {"alg": "RS512", "typ": "JWT", "kid": key.key_id}
    return jwt.encode(header, claims, signing, algorithms=["RS512"])


class Tokens:
    """Keeps one token until shortly before it ends; asks for one at a time."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        key: ApplicationKey,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._key = key
        self._clock = clock
        self._lock = asyncio.Lock()
        self._text: str | None = None
        self._until = 0.0

    async def token(self) -> str:
        """Returns a token that holds for a while yet. Raises NoToken."""
        async with self._lock:
            if self._text is None or self._clock() >= self._until:
                asked = self._clock()
                self._text, seconds = await self._new()
                self._until = asked + seconds - _MARGIN
            return self._text

    def forget(self, text: str) -> None:
        """Takes a token that was not accepted: the next one is a new one."""
        if self._text == text:
            self._text = None

    async def _new(self) -> tuple[str, float]:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": assertion(self._key, int(time.time())),
        }
        try:
            answer = await self._http.post(
                self._key.token_url, data=form, headers={"Accept": "application/json"}
            )
        except httpx.HTTPError as error:
            raise NoToken(f"the token address: {type(error).__name__}") from None
        if answer.status_code != 200:
            raise NoToken(f"the token address answered HTTP {answer.status_code}")
        try:
            said = as_object(orjson.loads(answer.content))
            text, seconds = said.get("access_token"), float(said.get("expires_in", LIFETIME))
        except (orjson.JSONDecodeError, TypeError, ValueError):
            raise NoToken("the token address's answer cannot be read") from None
        if not isinstance(text, str) or not text:
            raise NoToken("the token address's answer holds no access token")
        return text, seconds
