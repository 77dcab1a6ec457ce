"""The identity provider as the console asks it: discovery and keys kept for a while, and codes
exchanged for verified claims."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus

import httpx

from console.settings import ProviderSettings
from console.sign_in import discovery, oauth
from console.sign_in.attempts import Attempt
from console.sign_in.discovery import ProviderMetadata
from console.sign_in.fault import ProviderFault, SignInRefused
from console.sign_in.fetching import fetch
from console.sign_in.id_token import (
    Expected,
    UnknownKey,
    VerificationKey,
    verification_keys,
    verify,
)

KEEP_SECONDS = 3600.0
ASK_KEYS_AGAIN_SECONDS = 30.0
"""An ID token that names a key nobody has must not make us ask for keys each time."""


class Provider:
    """The provider of the settings. `clock` counts seconds, `wall_clock` seconds since 1970."""

    def __init__(
        self,
        settings: ProviderSettings,
        http: httpx.AsyncClient,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._http = http
        self._clock = clock
        self._wall_clock = wall_clock
        self._asking = asyncio.Lock()
        self._metadata: tuple[float, ProviderMetadata] | None = None
        self._keys: tuple[float, list[VerificationKey]] | None = None

    async def metadata(self) -> ProviderMetadata:
        """Returns what the provider says of itself. ProviderFault: it cannot be had."""
        async with self._asking:
            now = self._clock()
            if self._metadata is None or now - self._metadata[0] > KEEP_SECONDS:
                issuer = self.settings.issuer
                document = await self._document(discovery.address(issuer), "discovery")
                self._metadata = now, discovery.read(document, issuer)
            return self._metadata[1]

    async def claims(
        self, code: str, attempt: Attempt, redirect_uri: str
    ) -> tuple[str, dict[str, object]]:
        """Takes the code that came back for an attempt; returns the ID token as text, and what it
        and the UserInfo endpoint say. ProviderFault, SignInRefused."""
        metadata = await self.metadata()
        answer = await self._exchange(metadata, code, attempt, redirect_uri)
        text, access_token = answer.get("id_token"), answer.get("access_token")
        if not isinstance(text, str):
            raise SignInRefused("the provider gave no ID token")
        expected = Expected(metadata.issuer, self.settings.client_id, attempt.nonce)
        claims = await self._verified(metadata, text, expected)
        if metadata.userinfo_endpoint is None or not isinstance(access_token, str):
            return text, claims
        more = await self._userinfo(metadata.userinfo_endpoint, access_token)
        # Core 1.0, section 5.3.2: another subject's answer must not be used.
        if more.get("sub") != claims["sub"]:
            raise SignInRefused("the UserInfo answer is about somebody else")
        return text, {**more, **claims}

    async def _exchange(
        self, metadata: ProviderMetadata, code: str, attempt: Attempt, redirect_uri: str
    ) -> dict[str, object]:
        headers, form = oauth.token_request(metadata, self.settings, redirect_uri, code, attempt)
        status, answer = await fetch(
            self._http, metadata.token_endpoint, "token endpoint", headers=headers, form=form
        )
        if status == HTTPStatus.OK:
            return answer
        error = answer.get("error")
        said = error if isinstance(error, str) and error.isidentifier() else "no reason given"
        if error == "invalid_grant":
            raise SignInRefused("the provider does not accept the code")
        raise ProviderFault(f"token endpoint: HTTP {status}, {said:.60}")

    async def _verified(
        self, metadata: ProviderMetadata, text: str, expected: Expected
    ) -> dict[str, object]:
        now = self._wall_clock()
        try:
            return verify(text, await self._known_keys(metadata, KEEP_SECONDS), expected, now)
        except UnknownKey:
            keys = await self._known_keys(metadata, ASK_KEYS_AGAIN_SECONDS)
            return verify(text, keys, expected, now)

    async def _known_keys(self, metadata: ProviderMetadata, age: float) -> list[VerificationKey]:
        async with self._asking:
            now = self._clock()
            if self._keys is None or now - self._keys[0] > age:
                document = await self._document(metadata.jwks_uri, "keys")
                self._keys = now, verification_keys(document)
            return self._keys[1]

    async def _userinfo(self, endpoint: str, access_token: str) -> dict[str, object]:
        if not access_token.isascii() or not access_token.isprintable():
            raise SignInRefused("the access token can't be sent")
        headers = {"Authorization": f"Bearer {access_token}"}
        status, answer = await fetch(self._http, endpoint, "UserInfo", headers=headers)
        if status != HTTPStatus.OK:
            raise ProviderFault(f"UserInfo: HTTP {status}")
        return answer

    async def _document(self, url: str, what: str) -> dict[str, object]:
        status, answer = await fetch(self._http, url, what)
        if status != HTTPStatus.OK:
            raise ProviderFault(f"{what}: HTTP {status}")
        return answer
