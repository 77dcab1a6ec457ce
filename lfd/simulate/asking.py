"""Asks a registry's FHIR API, as the area's ICB, what it has found of everybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from adapter.token import Credentials, TokenRefused, request_token
from lfd.failure import Failure
from lfd.simulate.reading import conclusions
from simulation.conclusion import Conclusion
from simulation.truth import Truth

Resource = dict[str, Any]
TYPES = ("Patient", "Observation", "Flag", "Task")
PAGE = 500
TIMEOUT_SECONDS = 60.0


async def ask(url: str, client: str, key: str, truths: Sequence[Truth]) -> dict[str, Conclusion]:
    """Takes the registry's address, a client with its private key, and whom to ask about; returns
    what was found of each person of whom anything was, by NHS number. Failure: the registry does
    not answer, or the client may not ask."""
    base = url.rstrip("/").removesuffix("/fhir")
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as http:
            token = await request_token(http, f"{base}/fhir", Credentials(client, key))
            http.headers["Authorization"] = f"Bearer {token.text}"
            found = {kind: await _all(http, f"{base}/fhir", kind) for kind in TYPES}
    except TokenRefused as refused:
        raise Failure(f"no token: {refused.reason}") from refused
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        raise Failure(f"{url} answered {status}: is the client an ICB's (--role icb)?") from error
    except httpx.HTTPError as error:
        raise Failure(f"{url} does not answer ({type(error).__name__}): is it running?") from error
    return conclusions(found, truths)


async def _all(http: httpx.AsyncClient, base: str, kind: str) -> list[Resource]:
    """Every resource of a type that the client may see, page by page."""
    found: list[Resource] = []
    address: str | None = f"{base}/{kind}?_count={PAGE}"
    while address:
        answer = await http.get(address)
        answer.raise_for_status()
        bundle: Resource = answer.json()
        found += [entry["resource"] for entry in bundle.get("entry", [])]
        links: list[dict[str, str]] = bundle.get("link", [])
        address = next((one["url"] for one in links if one["relation"] == "next"), None)
    return found
