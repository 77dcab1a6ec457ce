"""A running console: database pool, identity provider and pages, opened and closed together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.routing import BaseRoute, Mount

from console.account import AccountRoutes
from console.address import is_loopback
from console.application import application
from console.case.routes import CaseRoutes
from console.feeds.inbox import Inbox
from console.feeds.routes import FeedRoutes
from console.find.routes import FindRoutes
from console.returns.routes import ReturnsRoutes
from console.session.gate import Gate
from console.session.on_record import SessionRecord
from console.session.routes import SessionRoutes
from console.settings import ConsoleSettings
from console.sign_in import fetching
from console.sign_in.entering import Entrance
from console.sign_in.provider import Provider
from console.sign_in.routes import SignInRoutes
from console.steps.routes import StepRoutes
from console.today.routes import TodayRoutes
from console.worklist.routes import WorklistRoutes
from registry import database
from registry.api.in_process import InProcess
from registry.store.reader import WRITER


def _now() -> datetime:
    return datetime.now(UTC)


class Console:
    """The console in one process. Processes share nothing but the database, whose schema must be up
    to date. `api` is the registry's, in this process; `clock` gives the time; `inbox` is that of
    the adapter whose feed is shown (None: of none)."""

    def __init__(
        self,
        settings: ConsoleSettings,
        api: InProcess,
        clock: Callable[[], datetime] = _now,
        inbox: Inbox | None = None,
    ) -> None:
        self._api = api
        self._pool = database.pool(settings.database, settings.pool_size, WRITER)
        issuer_host = urlsplit(settings.provider.issuer).hostname or ""
        # A proxy of the machine's settings does not reach what is on the machine itself.
        self._http = fetching.client(trust_env=not is_loopback(issuer_host))
        provider = Provider(settings.provider, self._http, wall_clock=lambda: clock().timestamp())
        gate = Gate(settings, self._pool, clock)
        on_record = SessionRecord(api)
        entrance = Entrance(settings, self._pool, clock)
        routes = [
            *SignInRoutes(settings, provider, entrance, gate, on_record).routes,
            *SessionRoutes(settings, provider, gate, self._pool, clock, on_record).routes,
            *AccountRoutes(gate, settings.terms).routes,
            *TodayRoutes(gate, api, clock).routes,
            *FindRoutes(gate, api).routes,
            *CaseRoutes(gate, api, clock).routes,
            *StepRoutes(gate, api, clock).routes,
            *WorklistRoutes(gate, api, clock).routes,
            *ReturnsRoutes(gate, api, clock).routes,
            *FeedRoutes(gate, api, inbox, clock).routes,
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
