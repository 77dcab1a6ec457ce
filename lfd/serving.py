"""One process that serves HTTP until it is told to stop: probes, metrics, routes, signals."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
import uvloop
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Checks = Callable[[], Awaitable[Mapping[str, bool]]]
DRAIN_SECONDS = 10
# Longer than a client of ours keeps an idle connection, so that it never writes into a closed one.
KEEP_ALIVE_SECONDS = 75


class Service(uvicorn.Server):
    """A uvicorn server that says when it is up, and leaves signals to us: we stop other things
    before it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts up, and says so."""
        await super().startup(sockets)
        self.is_up.set()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Captures none."""
        yield


def run(main: Coroutine[Any, Any, int]) -> int:
    """Takes the main coroutine of a process; returns its exit code."""
    return uvloop.run(main)


def stop_signal() -> asyncio.Event:
    """Returns an event that is set when the process is told to stop (SIGTERM or SIGINT)."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    return told


def until_stopping(checks: Checks, told: asyncio.Event) -> Checks:
    """Takes the checks of readiness and the event of being told to stop; returns checks that fail
    from then on, before anything is closed: load balancers send new work elsewhere."""

    async def both() -> Mapping[str, bool]:
        return {**await checks(), "not stopping": not told.is_set()}

    return both


def application(routes: Sequence[BaseRoute], checks: Checks) -> Starlette:
    """Takes routes and what has to work; returns the application with /healthz, /readyz and
    /metrics beside them."""

    async def ready(_: Request) -> Response:
        found = await checks()
        is_ready = all(found.values())
        return JSONResponse({"ready": is_ready, "checks": dict(found)}, 200 if is_ready else 503)

    probes = [
        Route("/healthz", _alive),
        Route("/readyz", ready),
        Route("/metrics", _metrics),
    ]
    return Starlette(
        routes=[*probes, *routes],
        exception_handlers={HTTPException: _plain_error},
        middleware=[Middleware(TakenAsSaid)],
    )


class TakenAsSaid:
    """ASGI middleware: browsers take every answer for what its Content-Type says, so that markup
    in somebody's name never becomes a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on and adds the header to its answer."""

        async def with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        await self._app(scope, receive, with_header)


def configuration(app: Any) -> uvicorn.Config:
    """Takes an application; returns how it is served."""
    return uvicorn.Config(
        app,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


async def _alive(_: Request) -> Response:
    return JSONResponse({"alive": True})


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _plain_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
