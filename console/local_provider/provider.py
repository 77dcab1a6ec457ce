"""The local provider: an OpenID provider with discovery, signed ID tokens and PKCE, whose sign-in
page is the list of the directory's organisations. For trying the console, never for service."""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from console import form
from console.address import AddressError, is_loopback, origin
from console.headers import SafeHeaders
from console.local_provider import authorization, claims
from console.local_provider.authorization import AuthorizationRequest, BadRequest, NotOurClient
from console.local_provider.grants import Grant, Kept
from console.local_provider.loopback import LoopbackOnly
from console.pages import message, page
from console.settings import Credential, ProviderSettings
from console.sign_in.routes import CALLBACK
from registry.directory.organisation import Organisation

PATH = "/local-sign-in"
CLIENT_ID = "console-of-this-machine"
SEVERAL = "several"
TOKEN_SECONDS = 300

Organisations = Callable[[], Awaitable[Sequence[Organisation]]]


class LocalProvider:
    """The provider for a console on the same address. AddressError: that address, or the one that
    is listened on, can be reached from other machines.

    `organisations` are those to choose from; `wall_clock` counts seconds since 1970.
    """

    def __init__(
        self,
        base_url: str,
        listening: str,
        organisations: Organisations,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        if not is_loopback(listening) or not is_loopback(urlsplit(base_url).hostname or ""):
            raise AddressError("the local sign-in is for this machine only: listen on 127.0.0.1")
        issuer = base_url.rstrip("/") + PATH
        secret = Credential("secret", secrets.token_urlsafe(32))
        self.settings = ProviderSettings(issuer, CLIENT_ID, secret)
        self._redirect_uri = base_url.rstrip("/") + CALLBACK
        self._organisations = organisations
        self._wall_clock = wall_clock
        self._key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
        self._codes = Kept()
        self._tokens = Kept()

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes, all of them for this machine only."""
        app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/jwks", self._jwks),
                Route("/authorize", self._ask, methods=["GET"]),
                Route("/authorize", self._answer, methods=["POST"]),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )
        return [Mount(PATH, LoopbackOnly(SafeHeaders(app, is_https=False)))]

    async def _discovery(self, _: Request) -> Response:
        issuer = self.settings.issuer
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "userinfo_endpoint": f"{issuer}/userinfo",
                "jwks_uri": f"{issuer}/jwks",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [dict(self._key.as_dict(private=False))]})

    async def _ask(self, request: Request) -> Response:
        try:
            asked = authorization.read(request.query_params, CLIENT_ID, self._redirect_uri)
        except NotOurClient as error:
            return _not_ours(error)
        except BadRequest as error:
            return self._redirect(request.query_params.get("state", ""), error=str(error))
        return page(
            "local_sign_in",
            form_targets=[origin(asked.redirect_uri)],
            organisations=await self._choice(),
            several=SEVERAL,
            fields=asked.fields,
            action=f"{PATH}/authorize",
        )

    async def _answer(self, request: Request) -> Response:
        try:
            fields = await form.read(request)
            asked = authorization.read(fields, CLIENT_ID, self._redirect_uri)
        except (form.FormError, NotOurClient, BadRequest) as error:
            return _not_ours(error)
        choice = await self._choice()
        chosen = fields.get("organisation")
        found = [one for one in choice if chosen in (SEVERAL, one.ods)]
        if not found:
            return self._redirect(asked.state, error="access_denied")
        return self._redirect(asked.state, code=self._codes.put(_grant(asked, found)))

    async def _token(self, request: Request) -> Response:
        try:
            fields = await form.read(request)
        except form.FormError:
            return _error("invalid_request")
        if not self._is_client(request.headers.get("authorization", "")):
            return _error("invalid_client", 401)
        if fields.get("grant_type") != "authorization_code":
            return _error("unsupported_grant_type")
        grant = self._codes.take(fields.get("code", ""))
        is_same = fields.get("redirect_uri") == self._redirect_uri
        if grant is None or not is_same or not grant.is_proved_by(fields.get("code_verifier", "")):
            return _error("invalid_grant")
        return JSONResponse(
            {
                "access_token": self._tokens.put(grant),
                "token_type": "Bearer",
                "expires_in": TOKEN_SECONDS,
                "id_token": self._id_token(grant),
            }
        )

    async def _userinfo(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self._tokens.take(token) if scheme.lower() == "bearer" else None
        if grant is None:
            return _error("invalid_token", 401)
        return JSONResponse(grant.claims)

    async def _choice(self) -> list[Organisation]:
        found = [one for one in await self._organisations() if one.type in claims.ENTERING]
        return sorted(found, key=lambda one: (one.type, one.name))

    def _id_token(self, grant: Grant) -> str:
        """Only who signed in and how: the rest is for UserInfo, as with NHS CIS2."""
        now = int(self._wall_clock())
        said = ("sub", "authentication_assurance_level", "id_assurance_level", "selected_roleid")
        content = {
            "iss": self.settings.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "nonce": grant.nonce,
            **{name: grant.claims[name] for name in said if name in grant.claims},
        }
        header = {"alg": "ES256", "typ": "JWT", "kid": self._key.kid}
        return jwt.encode(header, content, self._key, algorithms=["ES256"])

    def _is_client(self, header: str) -> bool:
        """Client authentication by client_secret_basic (RFC 6749 section 2.3.1)."""
        try:
            said = base64.b64decode(header.removeprefix("Basic "), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        name, _, secret = said.partition(":")
        expected = self.settings.credential.value
        is_secret = secrets.compare_digest(unquote_plus(secret).encode(), expected.encode())
        return is_secret and unquote_plus(name) == CLIENT_ID

    def _redirect(self, state: str, **answer: str) -> Response:
        query = urlencode({**answer, "state": state, "iss": self.settings.issuer})
        return RedirectResponse(f"{self._redirect_uri}?{query}", 303)


def _grant(asked: AuthorizationRequest, found: Sequence[Organisation]) -> Grant:
    return Grant(claims.person(found), asked.nonce, asked.code_challenge)


def _error(code: str, status: int = 400) -> Response:
    return JSONResponse({"error": code}, status)


def _not_ours(error: ValueError) -> Response:
    return message(400, "This is not a sign-in", [f"{error}."], link=("/", "Go to the first page"))
