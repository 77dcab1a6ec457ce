"""The national services we read: the Personal Demographics Service, and patient flags.

Source: NHS England API platform: bearer token, X-Request-ID (a UUID of its own for each request),
X-Correlation-ID, NHSD-End-User-Organisation-ODS. The addresses have the NHS number in them, as
these services want it: they are never logged, and no error of ours carries one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from registry.national.event import Kind
from registry.national.judgement import Answer, Outcome, hold_seconds, outcome_of
from registry.national.settings import NationalSettings
from registry.national.token import NoToken, Tokens

# No answer about one person is longer.
_LONGEST = 1024 * 1024
TIMEOUT = httpx.Timeout(10.0)


class Services:
    """The services, with one token for both."""

    def __init__(self, settings: NationalSettings, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._http = http
        self._tokens = Tokens(http, settings.key)

    async def ask(self, kind: Kind, number: str, correlation: UUID) -> Answer:
        """Takes what to read, an NHS number and the id that ties our requests together; returns
        what came of it. Raises nothing: whatever goes wrong is an outcome."""
        try:
            token = await self._tokens.token()
        except NoToken:
            return Answer(Outcome.NO_TOKEN)
        address, asked = self._address(kind, number)
        try:
            async with self._http.stream(
                "GET", address, params=asked, headers=self._headers(token, correlation)
            ) as response:
                content = await _bounded(response)
        except httpx.HTTPError:
            return Answer(Outcome.UNREACHABLE)
        if response.status_code == 401:
            self._tokens.forget(token)
        return _answer(response.status_code, response.headers, content)

    def _address(self, kind: Kind, number: str) -> tuple[str, dict[str, str] | None]:
        if kind is Kind.DEMOGRAPHICS:
            return f"{self._settings.demographics_url}/Patient/{number}", None
        return f"{self._settings.flags_url}/PatientFlag", {"patient": number, "code": "NRAF"}

    def _headers(self, token: str, correlation: UUID) -> dict[str, str]:
        headers = {
            "Accept": "application/fhir+json",
            "Authorization": f"Bearer {token}",
            "X-Request-ID": str(uuid4()),
            "X-Correlation-ID": str(correlation),
        }
        if self._settings.organisation is not None:
            headers["NHSD-End-User-Organisation-ODS"] = self._settings.organisation
        return headers


async def _bounded(response: httpx.Response) -> bytes | None:
    """The body; None where it is longer than any answer about one person."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > _LONGEST:
            return None
    return bytes(content)


def _answer(status: int, headers: Mapping[str, str], content: bytes | None) -> Answer:
    body: Any = None
    try:
        body = json.loads(content or b"null")
    except (ValueError, RecursionError):
        content = None
    outcome = outcome_of(status, body)
    if outcome is Outcome.FOUND and content is None:
        outcome = Outcome.UNREADABLE
    digest = hashlib.sha256(content or b"").hexdigest()
    hold = hold_seconds(status, headers, datetime.now(UTC))
    return Answer(outcome, body, f"urn:hash::sha256:{digest}", hold)
