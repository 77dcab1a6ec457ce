"""Sign-in over HTTP: to the identity provider, back from it, the choice of an organisation, out."""

from __future__ import annotations

import logging
import time
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console.address import is_loopback
from console.pages import message, page
from console.session.cookies import browser_cookie
from console.session.gate import Gate
from console.session.on_record import SessionRecord
from console.session.session import new_secret
from console.settings import ConsoleSettings
from console.sign_in import oauth
from console.sign_in.admission import Admitted
from console.sign_in.entering import Entrance, uid_of
from console.sign_in.fault import ProviderFault, SignInRefused
from console.sign_in.limiting import limited
from console.sign_in.provider import Provider
from console.sign_in.return_to import safe
from registry.limits.buckets import Buckets, Limits

SIGN_IN = "/sign-in"
CALLBACK = "/sign-in/callback"
ORGANISATION = "/organisation"

_log = logging.getLogger(__name__)


def sign_in_address(wanted: str) -> str:
    """Takes the page somebody asked for; returns where they sign in to get there."""
    return with_return(SIGN_IN, wanted)


def with_return(path: str, wanted: str) -> str:
    """Takes a path and the page somebody asked for; returns the path with that page in it, unless
    it is the home page."""
    return path if wanted == "/" else f"{path}?{urlencode({'return_to': wanted})}"


class SignInRoutes:
    """The two ends of a sign-in, with the provider between them."""

    def __init__(
        self,
        settings: ConsoleSettings,
        provider: Provider,
        entrance: Entrance,
        gate: Gate,
        on_record: SessionRecord,
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._entrance = entrance
        self._gate = gate
        self._on_record = on_record
        self._addresses = Buckets(Limits().address, time.monotonic)
        self._browser = browser_cookie(is_https=settings.is_https)
        self._redirect_uri = settings.base_url + CALLBACK

    @property
    def routes(self) -> list[Route]:
        """The routes that need no session: they are how one gets it. An address that asks for them
        too often waits."""
        return [
            Route(SIGN_IN, limited(self._begin, self._addresses)),
            Route(CALLBACK, limited(self._back, self._addresses)),
        ]

    async def _begin(self, request: Request) -> Response:
        wanted = safe(request.query_params.get("return_to"))
        if elsewhere := self._own_name(request):
            return RedirectResponse(f"{elsewhere}{sign_in_address(wanted)}", 303)
        try:
            metadata = await self._provider.metadata()
        except ProviderFault as error:
            return _unavailable(error)
        browser = self._browser.read(request) or new_secret()
        attempt = await self._entrance.begin(browser, wanted)
        url = oauth.authorization_url(
            metadata,
            self._provider.settings.client_id,
            self._redirect_uri,
            attempt,
            scopes=self._settings.admission.scopes,
            acr_values=self._settings.admission.acr_values,
        )
        response = RedirectResponse(url, 303)
        self._browser.write(response, browser)
        return response

    def _own_name(self, request: Request) -> str | None:
        """Our address, where the browser calls this machine by another name: the provider sends
        people back to our own, where a cookie of the other name would not come along."""
        own = urlsplit(self._settings.base_url)
        if not is_loopback(own.hostname or "") or request.headers.get("host") == own.netloc:
            return None
        return self._settings.base_url

    async def _back(self, request: Request) -> Response:
        query = request.query_params
        uid: str | None = None
        try:
            attempt = await self._entrance.finish(
                self._browser.read(request), query.get("state", "")
            )
            await self._check_sender(query.get("iss"))
            if query.get("error") is not None:
                await self._on_record.keep("sign-in", request, None, status=403)
                return _declined(query["error"])
            code = query.get("code")
            if not code:
                raise SignInRefused("no code came back")
            id_token, claims = await self._provider.claims(code, attempt, self._redirect_uri)
            uid = uid_of(claims)
            replaced = self._gate.cookie.read(request)
            entered = await self._entrance.enter(claims, id_token, replaced)
        except SignInRefused as error:
            _log.warning("sign-in refused: %s", error)
            await self._on_record.keep("sign-in", request, uid, status=400)
            return _failed()
        except ProviderFault as error:
            return _unavailable(error)
        if isinstance(entered, Admitted):
            _log.warning("sign-in refused: no place by the roles file")
            await self._on_record.keep("sign-in", request, uid, status=403)
            return page("not_admitted", status=403, refusals=entered.refusals)
        await self._on_record.keep("sign-in", request, uid, entered.place)
        target = attempt.return_to
        if entered.place is None:
            target = with_return(ORGANISATION, target)
        response = RedirectResponse(target, 303)
        self._gate.cookie.write(response, entered.secret)
        return response

    async def _check_sender(self, issuer: str | None) -> None:
        """RFC 9207: an answer of another provider must not be taken for this one's."""
        metadata = await self._provider.metadata()
        if issuer != metadata.issuer and (issuer is not None or metadata.names_itself):
            raise SignInRefused("the answer is of another issuer")


def _failed() -> Response:
    return message(
        400,
        "You are not signed in",
        [
            "Something was not right with this sign-in, so it was stopped. This happens when the "
            "page was left open for a long time, when a sign-in was finished in another window, "
            "or when the browser does not keep cookies.",
            "Try again from the start. If it happens again, tell the people who run this service.",
        ],
        link=(SIGN_IN, "Sign in"),
    )


def _declined(error: str) -> Response:
    code = error if error.isidentifier() and len(error) <= 60 else "unreadable"
    _log.info("sign-in ended by the provider: %s", code)
    return message(
        403,
        "You are not signed in",
        ["The sign-in was cancelled or was not allowed. Nothing was opened or changed."],
        link=(SIGN_IN, "Sign in"),
    )


def _unavailable(error: ProviderFault) -> Response:
    _log.error("the identity provider cannot be used: %s", error)
    return message(
        503,
        "You can’t sign in now",
        [
            "The service that signs people in is not answering as it should. Nothing is wrong "
            "with your account, and no information is lost.",
            "Try again in a few minutes.",
        ],
        link=(SIGN_IN, "Try again"),
    )
