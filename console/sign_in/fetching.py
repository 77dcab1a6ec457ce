"""JSON from the identity provider: in time, of bounded size, and from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import httpx
import orjson

from console.sign_in.fault import ProviderFault

SECONDS = 10.0
MAX_BYTES = 512 * 1024


def client(*, trust_env: bool) -> httpx.AsyncClient:
    """Takes whether the machine's proxy settings hold for the provider; returns an HTTP client that
    follows no redirect: an answer from elsewhere is none."""
    return httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=trust_env)


async def fetch(
    http: httpx.AsyncClient,
    url: str,
    what: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: str | None = None,
) -> tuple[int, dict[str, object]]:
    """Takes an address, what it is for people, headers, and a form's body to post; returns the
    status and the JSON object of the answer. ProviderFault: no answer, too big, or no JSON."""
    sent = {"Accept": "application/json", **(headers or {})}
    try:
        async with http.stream(
            "GET" if form is None else "POST", url, headers=sent, content=form
        ) as response:
            return response.status_code, _object(await _body(response, what), what)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProviderFault(f"{what}: no answer ({type(error).__name__})") from error


async def _body(response: httpx.Response, what: str) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ProviderFault(f"{what}: the answer is longer than {MAX_BYTES} bytes")
    return body


def _object(body: bytes, what: str) -> dict[str, object]:
    try:
        answer: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProviderFault(f"{what}: the answer is not JSON") from error
    if not isinstance(answer, dict):
        raise ProviderFault(f"{what}: the answer is not a JSON object")
    return cast(dict[str, object], answer)
