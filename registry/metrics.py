"""What the registry counts of its requests and its work, by route and status, never by person."""

from __future__ import annotations

from time import perf_counter

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.store.standing import Standing

# Asked every few seconds, and nobody reads of it.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
# Where, in a request's scope, an endpoint of addresses of several forms says which it was.
ROUTE_TEMPLATE = "route_template"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
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


class StandingMetrics:
    """How the registry's work stands, as the last look at the database found it. All registries on
    one database show the same: take the greatest, never the sum."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"registry_{name}", text, labels, registry=registry)

        self._open = gauge(
            "reviews_open",
            "Reviews with a date by which something is to be done, by route and Task.status",
            "route", "status",
        )  # fmt: skip
        self._overdue = gauge("reviews_overdue", "Of these, those past their date", "route")
        self._untold = gauge(
            "reviews_overdue_untold", "Reviews overdue since before today, their board not told"
        )
        self._stale = gauge("recomputations_waiting", "Clusters marked to be computed anew")
        self._subscriptions = gauge("subscriptions", "Subscriptions, by status", "status")
        self._undelivered = gauge(
            "subscription_events_undelivered",
            "Events that subscribers have not taken yet, by the status of their subscription",
            "status",
        )
        self._subscription_age = gauge(
            "subscription_oldest_undelivered_age_seconds",
            "Time since the oldest event that an active subscriber has not taken",
        )
        self._unmatched = gauge(
            "subscription_events_unmatched", "Events of which it is not known yet whom to tell"
        )
        self._unmatched_age = gauge(
            "subscription_oldest_unmatched_age_seconds", "Time since the oldest of these"
        )
        self._exports = gauge("export_jobs", "Exports kept, by state (waiting, failed)", "state")
        self._export_age = gauge(
            "export_oldest_waiting_age_seconds", "Time since the oldest unfinished export was asked"
        )
        self._unsealed = gauge(
            "audit_unsealed_events", "Audit events not linked into the chain yet"
        )
        self._unsealed_age = gauge(
            "audit_oldest_unsealed_age_seconds", "Time since the oldest of these"
        )
        self._looked = gauge(
            "standing_timestamp_seconds", "When these numbers were read, in seconds since 1970"
        )

    def show(self, now: Standing, at: float) -> None:
        """Takes how the work stands, and when that was, in seconds since 1970."""
        for gauge in (self._open, self._overdue, self._subscriptions, self._undelivered):
            gauge.clear()
        for one in now.reviews:
            self._open.labels(one.route, one.status).set(one.open)
            self._overdue.labels(one.route).inc(one.overdue)
        for one in now.subscribed:
            self._subscriptions.labels(one.status).set(one.subscriptions)
            self._undelivered.labels(one.status).set(one.undelivered)
        self._subscription_age.set(max((one.oldest_seconds for one in now.subscribed), default=0.0))
        self._untold.set(now.untold_overdue)
        self._stale.set(now.stale_clusters)
        self._unmatched.set(now.unmatched)
        self._unmatched_age.set(now.unmatched_seconds)
        self._exports.labels("waiting").set(now.exports_waiting)
        self._exports.labels("failed").set(now.exports_failed)
        self._export_age.set(now.exports_seconds)
        self._unsealed.set(now.unsealed)
        self._unsealed_age.set(now.unsealed_seconds)
        self._looked.set(at)


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
            route = route_of(scope)
            self._metrics.requests.labels(method_of(scope), route, status).inc()
            self._metrics.seconds.labels(route).observe(perf_counter() - begun)


def route_of(scope: Scope) -> str:
    """Takes a scope that was routed; returns the template of its route, `none` without one. Never
    the path: paths hold ids."""
    template: str | None = scope.get(ROUTE_TEMPLATE)
    if template is not None:
        return template
    route = scope.get("route")
    return route.path if isinstance(route, Route) else "none"


def method_of(scope: Scope) -> str:
    """Takes a scope; returns its HTTP method, `other` for any word that is none: a caller may send
    whatever it likes."""
    return scope["method"] if scope["method"] in _METHODS else "other"
