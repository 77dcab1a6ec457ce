"""Access tokens by signed JWT: SMART Backend Services, client credentials with a private key.

Source: HL7 SMART App Launch 2.2, "Client Authentication: Asymmetric"; RFC 7523.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

import httpx
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 300
MARGIN = 30.0


class TokenRefused(Exception):
    """The registry gave no token, or our key cannot sign; `reason` says why, without secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to the registry; `key_id` is the `kid` registered with it.

    Without `key_id` it is the key's RFC 7638 thumbprint.
    """

    client_id: str
    private_key: str
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token, and for how many seconds it holds from when it was asked for."""

    text: str
    expires_in: float


async def request_token(
    http: httpx.AsyncClient, base: str, credentials: Credentials, scope: str | None = None
) -> AccessToken:
    """Takes the registry's FHIR base address and who asks; returns a new access token.

    Raises TokenRefused, or httpx.HTTPError when the registry does not answer or is not well.
    """
    endpoint = await _token_endpoint(http, base)
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion(credentials, endpoint, int(time.time())),
    }
    if scope:
        form["scope"] = scope
    return _read(await http.post(endpoint, data=form, headers={"Accept": "application/json"}))


def assertion(credentials: Credentials, endpoint: str, now: int) -> str:
    """Takes who signs, for which endpoint, and the time (seconds); returns the signed JWT.

    Raises TokenRefused when the key is neither RSA nor EC P-384.
    """
    key, algorithm = _key(credentials.private_key)
    header = {"alg": algorithm, "typ": "JWT", "kid": credentials.key_id or key.thumbprint()}
    claims = {
        "iss": credentials.client_id,
        "sub": credentials.client_id,
        "aud": endpoint,
        "jti": str(uuid4()),
        "iat": now,
        "exp": now + LIFETIME,
    }
    return jwt.encode(header, claims, key, algorithms=[algorithm])


class TokenSource:
    """Keeps one access token until shortly before it expires; one request at a time."""

    def __init__(
        self,
        request: Callable[[], Awaitable[AccessToken]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._request = request
        self._clock = clock
        self._lock = asyncio.Lock()
        self._text: str | None = None
        self._until = 0.0

    async def token(self) -> str:
        """Returns a token that holds for a while yet. Raises as `request_token`."""
        async with self._lock:
            if self._text is None or self._clock() >= self._until:
                asked = self._clock()
                token = await self._request()
                self._text, self._until = token.text, asked + token.expires_in - MARGIN
            return self._text

    def forget(self, text: str) -> None:
        """Takes a token that was not accepted: the next one is a new one."""
        if self._text == text:
            self._text = None


async def _token_endpoint(http: httpx.AsyncClient, base: str) -> str:
    response = await http.get(
        f"{base.rstrip('/')}/.well-known/smart-configuration",
        headers={"Accept": "application/json"},
    )
    endpoint = _json(response).get("token_endpoint")
    if not isinstance(endpoint, str) or not endpoint:
        raise TokenRefused("smart-configuration names no token endpoint")
    return endpoint


def _read(response: httpx.Response) -> AccessToken:
    answer = _json(response)
    text, seconds = answer.get("access_token"), answer.get("expires_in", LIFETIME)
    if not isinstance(text, str) or not text:
        raise TokenRefused("the token endpoint's answer holds no access token")
    return AccessToken(text, float(seconds) if isinstance(seconds, int | float) else LIFETIME)


def _json(response: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object. A 5xx is the registry not being well, a 4xx its refusal."""
    if response.is_server_error:
        response.raise_for_status()
    answer: Any = None
    if "json" in response.headers.get("Content-Type", ""):
        with contextlib.suppress(orjson.JSONDecodeError):
            answer = orjson.loads(response.content)
    found = cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
    if not response.is_success:
        said = found.get("error_description") or found.get("error") or "no reason given"
        raise TokenRefused(f"HTTP {response.status_code}: {str(said)[:200]}")
    return found


def _key(private_key: str) -> tuple[RSAKey | ECKey, str]:
    """The key, and the signature algorithm SMART asks for with it."""
    for kind, algorithm in ((RSAKey, "RS384"), (ECKey, "ES384")):
        with contextlib.suppress(JoseError, ValueError):
            key = kind.import_key(private_key)
            if not key.is_private or (isinstance(key, ECKey) and key.curve_name != "P-384"):
                break
            return key, algorithm
    raise TokenRefused("the client's key is neither an RSA nor an EC P-384 private key")
