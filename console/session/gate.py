"""Who may pass: the session of a request, and the proof that a form is one of ours.

Every page and every action of the console is made by `page` or `action`, so none is without them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from console import form
from console.address import origin
from console.navigation import Area
from console.session import store
from console.session.cookies import session_cookie
from console.session.session import Session
from console.settings import ConsoleSettings
from registry.store.transaction import Pool

Endpoint = Callable[[Request], Awaitable[Response]]
PageHandler = Callable[[Request, Session], Awaitable[Response]]
ActionHandler = Callable[[Request, Session, dict[str, str]], Awaitable[Response]]

TOKEN_FIELD = "csrf_token"  # noqa: S105 - the name of a field


class SignInNeeded(Exception):
    """Nobody is signed in; `wanted` is the page they asked for."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted


class SessionEnded(SignInNeeded):
    """The cookie names a session that has ended: too long idle, too old, or signed out."""


class OrganisationNeeded(SignInNeeded):
    """Somebody is signed in who has yet to say for which organisation."""


class FormRefused(Exception):
    """A form came without the proof that it is one of ours; str() says what is missing."""


class Gate:
    """Lets requests pass that belong to a session. `clock` gives the time; `areas` are the parts
    that this console has, None: all."""

    def __init__(
        self,
        settings: ConsoleSettings,
        pool: Pool,
        clock: Callable[[], datetime],
        areas: frozenset[Area] | None = None,
    ) -> None:
        self.cookie = session_cookie(is_https=settings.is_https)
        self._terms = settings.terms
        self._origin = origin(settings.base_url)
        self._pool = pool
        self._clock = clock
        self._areas = areas

    def page(self, handler: PageHandler, *, needs_organisation: bool = True) -> Endpoint:
        """Takes what makes a page for a session; returns the endpoint, for GET only."""

        async def endpoint(request: Request) -> Response:
            session = await self._session(request)
            if needs_organisation and session.place is None:
                raise OrganisationNeeded(_wanted(request))
            return await handler(request, session)

        return endpoint

    def action(
        self,
        handler: ActionHandler,
        *,
        needs_organisation: bool = True,
        max_bytes: int = form.MAX_BYTES,
    ) -> Endpoint:
        """Takes what does something for a session with a form's fields, and how long the form may
        be; returns the endpoint. It refuses forms that are not from a page of ours that was made
        for this session."""

        async def endpoint(request: Request) -> Response:
            if request.headers.get("origin", self._origin) != self._origin:
                raise FormRefused("another origin")
            session = await self._session(request)
            try:
                fields = await form.read(request, max_bytes)
            except form.FormError as error:
                raise FormRefused(str(error)) from error
            if not session.is_token(fields.pop(TOKEN_FIELD, None)):
                raise FormRefused("no token of this session")
            if needs_organisation and session.place is None:
                raise OrganisationNeeded(_wanted(request))
            return await handler(request, session, fields)

        return endpoint

    def watch(self, handler: PageHandler) -> Endpoint:
        """As `page`, for what a page asks for by itself while nobody may be there: it does not keep
        the session alive. Answers 401 where there is none."""

        async def endpoint(request: Request) -> Response:
            secret = self.cookie.read(request)
            if secret is not None:
                async with self._pool.connection() as connection:
                    session = await store.look(connection, secret, self._clock(), self._terms)
                if session is not None and session.place is not None:
                    return await handler(request, replace(session, areas=self._areas))
            raise HTTPException(401)

        return endpoint

    async def present(self, request: Request) -> Session | None:
        """Takes any request; returns its session, None where there is none to be had."""
        try:
            return await self._session(request)
        except SignInNeeded:
            return None

    async def _session(self, request: Request) -> Session:
        secret = self.cookie.read(request)
        if secret is None:
            raise SignInNeeded(_wanted(request))
        async with self._pool.connection() as connection:
            session = await store.use(connection, secret, self._clock(), self._terms)
        if session is None:
            raise SessionEnded(_wanted(request))
        return replace(session, areas=self._areas)


def _wanted(request: Request) -> str:
    """The page to come back to: none after a form, which can't be sent again by following a
    link."""
    if request.method not in ("GET", "HEAD"):
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query
