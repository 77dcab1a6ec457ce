"""What the registry counts of its HTTP requests, by route and status, never by person."""

from __future__ import annotations

from time import perf_counter

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Metrics:
    """The registry's metrics in one Prometheus registry; make one per registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.requests = Counter(
            "registry_http_requests",
            "HTTP requests answered, by method, route and status",
            ["method", "route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "registry_http_request_seconds",
            "Time to answer an HTTP request, by route",
            ["route"],
            registry=registry,
            buckets=_SECONDS,
        )
        self.connections_refused = Counter(
            "registry_connections_refused",
            "Connections closed at once because too many were open, by reason",
            ["reason"],
            registry=registry,
        )


class CountRequests:
    """ASGI middleware that counts and times the requests to the routes below it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, and counts its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        begun = perf_counter()

        async def noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting_status)
        finally:
            route = _route(scope)
            self._metrics.requests.labels(scope["method"], route, status).inc()
            self._metrics.seconds.labels(route).observe(perf_counter() - begun)


def _route(scope: Scope) -> str:
    """The template of the route, never the path: paths hold ids."""
    route = scope.get("route")
    return route.path if isinstance(route, Route) else "none"
