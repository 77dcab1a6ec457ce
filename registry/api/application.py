"""The registry's routes, and how its errors and request ids look on the wire."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from time import perf_counter
from uuid import UUID, uuid4

from psycopg import OperationalError
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match as RouteMatch
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.access.bearer import AccessDenied
from registry.access.tokens import AccessTokens
from registry.api.answers import fhir
from registry.api.endpoint import BASE, FhirEndpoint
from registry.api.openapi import OpenApi
from registry.api.outcomes import FhirError, outcome
from registry.api.return_documents import ReturnDocuments
from registry.api.service import Service
from registry.api.traced import trace
from registry.metrics import PROBES, CountRequests, Metrics, method_of, route_of
from registry.request_id import answering

_log = logging.getLogger(__name__)
_ECHOED = (b"x-request-id", b"x-correlation-id")


def routes(service: Service) -> list[Route]:
    """Takes the service; returns the routes of the FHIR API and of its OpenAPI document. What is
    offered below the FHIR base is the table's to say."""
    serve = FhirEndpoint(service)
    describe = OpenApi(service.access)

    async def fhir_api(request: Request) -> Response:
        return await serve(request)

    async def openapi(request: Request) -> Response:
        return await describe(request)

    return [
        FhirRoute(f"{BASE}/{{rest:path}}", fhir_api),
        *ReturnDocuments(service, serve.auditing).routes(),
        Route("/openapi.json", openapi),
    ]


class FhirRoute(Route):
    """The whole API. Starlette would try hundreds of routes one after the other, where the endpoint
    looks at the address once; the endpoint says which form it has (`registry.metrics.route_of`)."""

    def matches(self, scope: Scope) -> tuple[RouteMatch, Scope]:
        """As Starlette's; whatever stands below the base is ours to answer, a line's end in an id
        too."""
        path: str = scope.get("path", "")
        if scope["type"] != "http" or not (path == BASE or path.startswith(f"{BASE}/")):
            return RouteMatch.NONE, {}
        return RouteMatch.FULL, {"endpoint": self.endpoint, "path_params": {}}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As Starlette's, with any method: what is not offered is refused as FHIR does it."""
        await self.app(scope, receive, send)


def install(app: Starlette, tokens: AccessTokens, metrics: Metrics) -> None:
    """Takes the application that serves the routes; makes it answer errors as FHIR does, know its
    callers, echo request ids, count its requests and, where traces are on, trace them."""
    app.state.access_tokens = tokens
    app.state.metrics = metrics
    app.add_exception_handler(FhirError, _fhir_error)
    app.add_exception_handler(AccessDenied, _access_denied)
    app.add_middleware(Shield)
    trace(app)
    app.add_middleware(RequestIds)
    app.add_middleware(CountRequests, metrics=metrics)


async def _fhir_error(_: Request, error: Exception) -> Response:
    """Takes a FhirError; returns its OperationOutcome."""
    assert isinstance(error, FhirError)
    return fhir(error.outcome, error.status, error.headers)


async def _access_denied(_: Request, error: Exception) -> Response:
    """Takes an AccessDenied; returns it as an OperationOutcome."""
    assert isinstance(error, AccessDenied)
    denied = outcome(error.code, "ACCESS_DENIED", error.text)
    return fhir(denied, error.status, error.headers)


# A database that crashed is mostly back by then; who asks again too early is told again.
RETRY_AFTER_SECONDS = 2


class Shield:
    """ASGI middleware for what nobody foresaw: the caller gets an OperationOutcome, the log gets
    the place and the kind of the error. Its text stays out of both: it may be about a person."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on; answers 503 where the database is away, full or has no connection
        left, 500 where it fails otherwise."""
        is_begun = False

        async def noting_begin(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting_begin)
        except Exception as error:
            _log.error("request failed error=%s at=%s", type(error).__name__, _place(error))
            if not is_begun:
                await _failed(error)(scope, receive, send)


def _failed(error: Exception) -> Response:
    text = "The registry could not do this now. Send the request again."
    if isinstance(error, OperationalError):
        # Nothing is wrong with the request: nobody is to give up on it, or blame it. A write whose
        # commit broke may yet be done; asked again with its X-Request-ID it is not done twice.
        again = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return fhir(outcome("transient", "UNABLE_TO_CALL_SERVICE", text), 503, again)
    return fhir(outcome("exception", "INTERNAL_SERVER_ERROR", text), 500)


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames[-4:]))


class RequestIds:
    """ASGI middleware: X-Request-ID and X-Correlation-ID come back as they were sent; a request
    without an X-Request-ID gets one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on and adds the headers to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = {name: value for name, value in scope["headers"] if name in _ECHOED}
        ids = {name: value for name, value in sent.items() if _is_uuid(value)}
        ids.setdefault(b"x-request-id", str(uuid4()).encode())
        scope.setdefault("state", {})["request_id"] = ids[b"x-request-id"].decode()

        begun, status = perf_counter(), 0

        async def with_ids(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in ids.items():
                    headers[name.decode()] = value.decode()
            await send(message)

        with answering(scope["state"]["request_id"]):
            await self._app(scope, receive, with_ids)
            _log_request(scope, status, perf_counter() - begun)


def _log_request(scope: Scope, status: int, seconds: float) -> None:
    """One line, by the route and never by the address: that may be about a person."""
    route = route_of(scope)
    if route not in PROBES:
        _log.info(
            "request method=%s route=%s status=%d milliseconds=%d",
            method_of(scope), route, status, seconds * 1000,
        )  # fmt: skip


def _is_uuid(value: bytes) -> bool:
    try:
        UUID(value.decode("ascii"))
    except ValueError:
        return False
    return True
