"""A running console: database pool, identity provider and pages, opened and closed together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from console.account import AccountRoutes
from console.address import is_loopback
from console.application import application
from console.case.routes import CaseRoutes
from console.cohorts.routes import CohortRoutes
from console.feeds.inbox import Inbox
from console.feeds.routes import PATH as FEEDS
from console.feeds.routes import FeedRoutes
from console.find.routes import FindRoutes
from console.navigation import FEEDS_ALONE
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


def _of_the_record(
    gate: Gate, api: InProcess, clock: Callable[[], datetime]
) -> Iterator[BaseRoute]:
    """The pages about deaths and reviews."""
    yield from TodayRoutes(gate, api, clock).routes
    yield from FindRoutes(gate, api).routes
    yield from CaseRoutes(gate, api, clock).routes
    yield from StepRoutes(gate, api, clock).routes
    yield from WorklistRoutes(gate, api, clock).routes
    yield from CohortRoutes(gate, api, clock).routes
    yield from ReturnsRoutes(gate, api, clock).routes


def _to_the_feeds() -> Iterator[BaseRoute]:
    """The first page of a console that has no others."""

    async def feeds(_: Request) -> Response:
        return RedirectResponse(FEEDS, 303)

    yield Route("/", feeds, methods=["GET"])


class Console:
    """The console in one process. Processes share nothing but the database, whose schema must be up
    to date. `api` is the registry's, in this process; `clock` gives the time; `inbox` is that of
    the adapter whose feed is shown (None: of none). With `feeds_alone` it has the pages of the feed
    and no others: it stands beside an adapter, and the record of the deaths is elsewhere."""

    def __init__(
        self,
        settings: ConsoleSettings,
        api: InProcess,
        clock: Callable[[], datetime] = _now,
        inbox: Inbox | None = None,
        *,
        feeds_alone: bool = False,
    ) -> None:
        self._pool = database.pool(settings.database, settings.pool_size, WRITER)
        issuer_host = urlsplit(settings.provider.issuer).hostname or ""
        # A proxy of the machine's settings does not reach what is on the machine itself.
        self._http = fetching.client(trust_env=not is_loopback(issuer_host))
        provider = Provider(settings.provider, self._http, wall_clock=lambda: clock().timestamp())
        gate = Gate(settings, self._pool, clock, FEEDS_ALONE if feeds_alone else None)
        on_record = SessionRecord(api)
        entrance = Entrance(settings, self._pool, clock)
        routes = [
            *SignInRoutes(settings, provider, entrance, gate, on_record).routes,
            *SessionRoutes(settings, provider, gate, self._pool, clock, on_record).routes,
            *AccountRoutes(gate, settings.terms).routes,
            *(_to_the_feeds() if feeds_alone else _of_the_record(gate, api, clock)),
            *FeedRoutes(gate, api, inbox, clock, has_record=not feeds_alone).routes,
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
