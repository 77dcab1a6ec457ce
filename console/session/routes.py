"""What a session's person does about the session itself: choose an organisation, and sign out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console.address import origin
from console.pages import message, page
from console.session import store
from console.session.gate import Gate
from console.session.on_record import SessionRecord
from console.session.session import Session
from console.settings import ConsoleSettings
from console.sign_in.fault import ProviderFault
from console.sign_in.provider import Provider
from console.sign_in.return_to import safe
from console.sign_in.routes import ORGANISATION, sign_in_address
from registry.directory.loading import read_all_async
from registry.store.transaction import Pool

SIGNED_OUT = "/signed-out"


class SessionRoutes:
    """The pages about the session. `clock` gives the time."""

    def __init__(
        self,
        settings: ConsoleSettings,
        provider: Provider,
        gate: Gate,
        pool: Pool,
        clock: Callable[[], datetime],
        on_record: SessionRecord,
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._gate = gate
        self._pool = pool
        self._clock = clock
        self._on_record = on_record

    @property
    def routes(self) -> list[Route]:
        """The routes; the page after signing out needs no session."""
        choose = self._gate.page(self._choose, needs_organisation=False)
        chosen = self._gate.action(self._chosen, needs_organisation=False)
        out = self._gate.action(self._out, needs_organisation=False)
        return [
            Route(ORGANISATION, choose, methods=["GET"]),
            Route(ORGANISATION, chosen, methods=["POST"]),
            Route("/sign-out", out, methods=["POST"]),
            Route(SIGNED_OUT, self._signed_out),
        ]

    async def _choose(self, request: Request, session: Session) -> Response:
        return await self._choice(session, safe(request.query_params.get("return_to")))

    async def _chosen(self, request: Request, session: Session, fields: dict[str, str]) -> Response:
        code = fields.get("organisation")
        place = next((one for one in session.who.places if one.organisation == code), None)
        return_to = safe(fields.get("return_to"))
        if place is None:
            return await self._choice(session, return_to, is_missing=True)
        await self._on_record.keep("organisation-chosen", request, session.who.person, place)
        async with self._pool.connection() as connection:
            secret = await store.move(connection, session, place, self._clock())
        response = RedirectResponse(return_to, 303)
        self._gate.cookie.write(response, secret)
        return response

    async def _choice(
        self, session: Session, return_to: str, *, is_missing: bool = False
    ) -> Response:
        async with self._pool.connection() as connection:
            directory = await read_all_async(connection)
        codes = [one.organisation for one in session.who.places]
        return page(
            "choose_organisation",
            status=400 if is_missing else 200,
            session=session,
            names={code: directory.name(code) for code in codes},
            return_to=return_to,
            is_missing=is_missing,
        )

    async def _out(self, request: Request, session: Session, fields: dict[str, str]) -> Response:
        del fields
        async with self._pool.connection() as connection:
            await store.end(connection, session.secret)
        await self._on_record.keep("sign-out", request, session.who.person, session.place)
        endpoint = await self._end_session_endpoint()
        response = page(
            "sign_out_of_provider" if endpoint else "signed_out",
            form_targets=[origin(endpoint)] if endpoint else [],
            endpoint=endpoint,
            client_id=self._provider.settings.client_id,
            id_token=session.who.id_token,
            back=self._settings.base_url + SIGNED_OUT,
        )
        self._gate.cookie.clear(response)
        return response

    async def _end_session_endpoint(self) -> str | None:
        """Where the provider ends its own session (OpenID Connect RP-Initiated Logout 1.0)."""
        try:
            return (await self._provider.metadata()).end_session_endpoint
        except ProviderFault:
            return None  # our own session has ended all the same

    async def _signed_out(self, _: Request) -> Response:
        return page("signed_out")


def session_ended(wanted: str) -> Response:
    """Takes the page somebody asked for; returns the one that says that their session has ended."""
    return message(
        419,
        "Your session has ended",
        [
            "To keep information about people safe, you are signed out when you have not used "
            "this service for a while, and at the end of a working day.",
            "What you had sent before is kept. What you had not sent is not.",
        ],
        link=(sign_in_address(wanted), "Sign in again"),
    )
