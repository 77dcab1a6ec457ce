"""An address that asks to sign in too often waits; others do not."""

from __future__ import annotations

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from console.sign_in.limiting import limited
from registry.limits.buckets import Buckets, Rate


async def test_an_address_waits_and_then_may_again() -> None:
    now = 0.0
    done: list[Request] = []

    async def endpoint(request: Request) -> Response:
        done.append(request)
        return PlainTextResponse("in")

    buckets = Buckets(Rate(1), lambda: now)
    app = Starlette(routes=[Route("/", limited(endpoint, buckets))])

    async def ask(address: str) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get("/")

    answers = [(await ask("192.0.2.1")).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    refused = await ask("192.0.2.1")
    assert refused.headers["retry-after"] == "1"
    assert "Wait a few seconds" in refused.text
    assert len(done) == 10
    assert (await ask("192.0.2.2")).status_code == 200
    now = 1.0
    assert (await ask("192.0.2.1")).status_code == 200
