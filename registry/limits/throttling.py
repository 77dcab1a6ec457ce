"""What is told to whoever asks too often."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from registry.api.outcomes import FhirError
from registry.limits.buckets import Buckets

Endpoint = Callable[[Request], Awaitable[Response]]


def peer(request: Request) -> str:
    """Takes a request; returns the address it came from."""
    return request.client.host if request.client else ""


def require_room(buckets: Buckets, name: str) -> None:
    """Takes buckets and a name; FhirError 429 where it asks too often."""
    wait = buckets.take(name)
    if wait:
        text = "You ask more often than you may. Retry-After says when you may again."
        headers = _retry_after(wait)
        raise FhirError(429, "throttled", "TOO_MANY_REQUESTS", text, headers=headers)


def throttled(route: Route, buckets: Buckets) -> Route:
    """Takes the route of the token endpoint and the buckets of addresses; returns it so that it
    does no work for an address that asks too often."""
    endpoint: Endpoint = route.endpoint

    async def limited(request: Request) -> Response:
        wait = buckets.take(peer(request))
        if not wait:
            return await endpoint(request)
        said = {
            "error": "temporarily_unavailable",
            "error_description": "too many requests for a token from this address",
        }
        return JSONResponse(said, 429, {"Cache-Control": "no-store", **_retry_after(wait)})

    return Route(route.path, limited, methods=sorted(route.methods or ()))


def _retry_after(wait: float) -> dict[str, str]:
    return {"Retry-After": str(math.ceil(wait))}
