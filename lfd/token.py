"""`lfd token`: an access token, got the way every client gets one."""

from __future__ import annotations

import asyncio
from argparse import Namespace

import httpx

from adapter.token import Credentials, TokenRefused, request_token
from lfd.failure import Failure
from lfd.reading import read_text


def run(chosen: Namespace) -> int:
    """Takes client, key and address; prints the token alone on its line."""
    credentials = Credentials(chosen.client, read_text(chosen.key))
    print(asyncio.run(fetch(chosen.url, credentials)))
    return 0


async def fetch(url: str, credentials: Credentials) -> str:
    """Takes the registry's address and who asks; returns the token, or fails saying why."""
    base = url.rstrip("/").removesuffix("/fhir")
    try:
        async with httpx.AsyncClient(timeout=30.0) as http:
            return (await request_token(http, f"{base}/fhir", credentials)).text
    except TokenRefused as refused:
        raise Failure(f"no token: {refused.reason}") from refused
    except httpx.HTTPError as error:
        raise Failure(f"{url} does not answer ({type(error).__name__}): is it running?") from error
