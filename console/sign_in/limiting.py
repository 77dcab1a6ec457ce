"""How often one address may ask to sign in."""

from __future__ import annotations

import math

from starlette.requests import Request
from starlette.responses import Response

from console.pages import message
from registry.limits.buckets import Buckets
from registry.limits.throttling import Endpoint, peer


def limited(endpoint: Endpoint, addresses: Buckets) -> Endpoint:
    """Takes an endpoint that needs no session, and the buckets of addresses; returns it so that it
    does no work for an address that asks too often: 429, and when it may again."""

    async def answer(request: Request) -> Response:
        wait = addresses.take(peer(request))
        return _too_often(wait) if wait else await endpoint(request)

    return answer


def _too_often(wait: float) -> Response:
    response = message(
        429,
        "Too many sign-ins at once",
        [
            "Many people are signing in from your network at the same moment. Wait a few seconds, "
            "then try again."
        ],
        link=("/sign-in", "Sign in"),
    )
    response.headers["Retry-After"] = str(math.ceil(wait))
    return response
