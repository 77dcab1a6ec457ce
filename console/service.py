"""A running console: database pool, identity provider and pages, opened and closed together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.routing import BaseRoute, Mount

from console.address import is_loopback
from console.application import application
from console.home import HomeRoutes
from console.session.gate import Gate
from console.session.routes import SessionRoutes
from console.settings import ConsoleSettings
from console.sign_in import fetching
from console.sign_in.entering import Entrance
from console.sign_in.provider import Provider
from console.sign_in.routes import SignInRoutes
from registry import database
from registry.api.in_process import InProcess
from registry.store.reader import WRITER


def _now() -> datetime:
    return datetime.now(UTC)


class Console:
    """The console in one process. Processes share nothing but the database, whose schema must be up
    to date. `api` is the registry's, in this process; `clock` gives the time."""

    def __init__(
        self, settings: ConsoleSettings, api: InProcess, clock: Callable[[], datetime] = _now
    ) -> None:
        self._api = api
        self._pool = database.pool(settings.database, settings.pool_size, WRITER)
        issuer_host = urlsplit(settings.provider.issuer).hostname or ""
        # A proxy of the machine's settings does not reach what is on the machine itself.
        self._http = fetching.client(trust_env=not is_loopback(issuer_host))
        provider = Provider(settings.provider, self._http, wall_clock=lambda: clock().timestamp())
        gate = Gate(settings, self._pool, clock)
        entrance = Entrance(settings, self._pool, clock)
        routes = [
            *SignInRoutes(settings, provider, entrance, gate).routes,
            *SessionRoutes(settings, provider, gate, self._pool, clock).routes,
            *HomeRoutes(gate, settings.terms).routes,
        ]
        self._app = application(routes, gate, is_https=settings.is_https)

    @property
    def routes(self) -> list[BaseRoute]:
        """The one route that leads here; it takes every path, so it must come last."""
        return [Mount("", self._app)]

    async def start(self) -> None:
        """Opens the pool. The provider is first asked when somebody signs in, so a console starts
        whether it answers or not."""
        await self._pool.open(wait=True)

    async def stop(self) -> None:
        """Closes the pool and the connections to the provider."""
        await self._http.aclose()
        await self._pool.close()
