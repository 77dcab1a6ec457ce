"""The trace of a request: it goes on with the one that came with it, or begins one."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.metrics import PROBES, method_of, route_of
from tracing import spans
from tracing.place import HEADER


def trace(app: Starlette) -> None:
    """Takes an application; has its requests traced, where traces are on."""
    if spans.are_on():
        app.add_middleware(TraceRequests)


class TraceRequests:
    """ASGI middleware: a span for each request, by its route and never by its address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on within its span."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        came_with = Headers(scope=scope).get(HEADER)
        with spans.begun("registry request", "server", came_with) as span:

            async def noting_status(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.note(status=message["status"])
                await send(message)

            try:
                await self._app(scope, receive, noting_status)
            finally:
                method, route = method_of(scope), route_of(scope)
                span.named(f"{method} {route}")
                span.note(method=method, route=route)
                if request_id := scope.get("state", {}).get("request_id"):
                    span.note(request_id=request_id)
