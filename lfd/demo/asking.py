"""Asks the registry's FHIR API, as any client asks it: with a token got for a signed JWT."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import httpx
import orjson

from adapter.token import Credentials, TokenRefused, request_token
from lfd.failure import Failure
from nhs import addresses

Resource = dict[str, Any]


class Asking:
    """One client of the registry, with a token."""

    def __init__(self, http: httpx.AsyncClient, base_url: str) -> None:
        """Takes the HTTP client and the registry's address; `enter` gets the token."""
        self._http = http
        self._base_url = base_url
        self.token = ""

    async def enter(self, credentials: Credentials) -> Asking:
        """Takes who asks; gets a token, returns itself. Failure: there is none to be had."""
        try:
            found = await request_token(self._http, f"{self._base_url}/fhir", credentials)
        except (TokenRefused, httpx.HTTPError) as error:
            raise Failure(f"the registry gave {credentials.client_id} no token: {error}") from error
        self.token = found.text
        return self

    async def search(self, resource_type: str, asked: list[tuple[str, str]]) -> list[Resource]:
        """Takes a resource type and search parameters; returns the resources found. Failure: the
        registry does not answer as it should."""
        address = search_address(self._base_url, resource_type, asked)
        try:
            answer = await self._http.get(address, headers=self._headers())
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise Failure(f"the registry did not answer about {resource_type}: {error}") from error
        return [entry["resource"] for entry in answer.json().get("entry", [])]

    async def send(self, path: str, content: Any, content_type: str) -> None:
        """Takes a path of the registry, what to send there as JSON, and its media type. Failure:
        the registry does not take it."""
        headers = {**self._headers(), "Content-Type": content_type}
        try:
            answer = await self._http.post(
                f"{self._base_url}{path}", content=orjson.dumps(content), headers=headers
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise Failure(f"the registry did not take what was sent to {path}: {error}") from error

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/fhir+json"}


def by_nhs_number(number: str) -> tuple[str, str]:
    """Takes an NHS number; returns the search parameter that finds what is about the person."""
    return "patient.identifier", f"{addresses.NHS_NUMBER}|{number}"


def search_address(base_url: str, resource_type: str, asked: list[tuple[str, str]]) -> str:
    """Takes the registry's address, a resource type and search parameters; returns the address
    that asks, fit for a shell's quotes: only what means something in a URL is percent-encoded."""
    return f"{base_url}/fhir/{resource_type}?{urlencode(asked, safe=':/')}"
