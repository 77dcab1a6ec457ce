"""ASGI middleware that answers this machine only, and no request that came through a proxy."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from console.address import is_loopback

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class LoopbackOnly:
    """Refuses what a browser elsewhere could have sent, by the connection's other end, by the name
    the server was called by, and by a proxy's headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on; answers 403 to one that is not from this machine."""
        if scope["type"] == "http" and not _is_local(scope):
            refusal = PlainTextResponse("This sign-in is for the machine it runs on only.", 403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_local(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    client = scope.get("client")
    called = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    return (
        client is not None
        and is_loopback(client[0])
        and is_loopback(called)
        and not any(name in headers for name in FORWARDED)
    )
