"""The console as one ASGI application, to be served at the root of its address."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from console.errors import Errors
from console.headers import SafeHeaders
from console.session.gate import Gate
from console.static_files import static_files


def application(routes: Sequence[BaseRoute], gate: Gate, *, is_https: bool) -> ASGIApp:
    """Takes the console's routes, their gate, and whether browsers come by https; returns the
    application. It answers every path: whatever stands beside it must be asked first."""
    app = Starlette(
        routes=[Mount("/assets", static_files()), *routes],
        exception_handlers=Errors(gate).handlers,
    )
    # Around all of it, the page for what nobody foresaw included.
    return SafeHeaders(app, is_https=is_https)
