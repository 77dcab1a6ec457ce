"""The console's stylesheets and pictures, which hold nothing about anybody and may be kept."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.pages import STATIC

# Their addresses change with their content (console.pages.asset).
KEEP = "public, max-age=31536000, immutable"


def static_files() -> ASGIApp:
    """Returns the application that serves console/static, compressed where that helps."""
    return _Kept(GZipMiddleware(StaticFiles(directory=STATIC)))


class _Kept:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 304):
                MutableHeaders(scope=message)["Cache-Control"] = KEEP
            await send(message)

        await self._app(scope, receive, kept)
