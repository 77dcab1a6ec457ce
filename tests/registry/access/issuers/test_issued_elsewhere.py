"""Access tokens of another issuer: taken for whom they say, refused for each rule they break."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from joserfc.jwk import ECKey
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from registry.access import bearer, oauth_routes, scopes
from registry.access.caller import Caller
from registry.access.clients import Client
from registry.access.issuers.issuer import Issuer, TrustedIssuers
from registry.access.issuers.tokens import IssuedElsewhere
from registry.access.jwks.key_sets import KeySets
from registry.access.settings import AccessSettings
from registry.access.token_refusal import InvalidToken, IssuerUnavailable, NotAdmitted
from registry.access.tokens import AccessTokens
from registry.audit.act import Actor
from tests.registry.access.conftest import NOW, Clock, segment
from tests.registry.access.issuers.conftest import AUDIENCE, Login
from tests.registry.access.jwks.conftest import KeyServer

pytestmark = pytest.mark.usefixtures("connection")
GRANTED = frozenset({("Task", "r"), ("Task", "s"), ("Patient", "r")})


async def refused(tokens: AccessTokens, text: str) -> str:
    with pytest.raises(InvalidToken) as caught:
        await tokens.verify(text)
    return caught.value.why


async def not_admitted(tokens: AccessTokens, text: str) -> str:
    with pytest.raises(NotAdmitted) as caught:
        await tokens.verify(text)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["at+jwt", "application/at+jwt", "JWT", None])
async def test_is_taken_beside_our_own(
    trusting: AccessTokens, login: Login, kind: str | None
) -> None:
    signer = replace(login, header={"kid": "login-1"} | ({"typ": kind} if kind else {}))
    expected = Caller("login:reviews", "RXA", "provider", GRANTED)
    assert await trusting.verify(signer.sign()) == expected
    ours = await trusting.issue(Client("reviews", "A81001", "gp"), scopes.OF_ROLE["gp"])
    assert (await trusting.verify(ours)).client_id == "reviews"


async def test_a_client_whose_place_is_in_the_file(trusting: AccessTokens, login: Login) -> None:
    text = login.sign(client_id="surgery-app", ods="RXA", groups=["trust"])
    caller = await trusting.verify(text)
    assert (caller.organisation, caller.role) == ("A81001", "gp")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://other.example"}, "invalid"),
        ({"iss": None}, "invalid"),
        ({"iss": ["https://login.example"]}, "invalid"),
        ({"iss": "http://127.0.0.1:8080"}, "invalid"),
        ({"aud": "https://other.example/fhir"}, "invalid"),
        ({"aud": AUDIENCE + "/"}, "invalid"),
        ({"aud": None}, "invalid"),
        ({"aud": {AUDIENCE: 1}}, "invalid"),
        ({"exp": NOW}, "expired"),
        ({"exp": NOW - 30}, "expired"),
        ({"exp": None}, "invalid"),
        ({"exp": "soon"}, "invalid"),
        ({"exp": True}, "invalid"),
        ({"exp": NOW + 3661}, "invalid"),
        ({"exp": float("nan")}, "invalid"),
        ({"nbf": NOW + 61}, "invalid"),
        ({"iat": NOW + 61}, "invalid"),
        ({"iat": "now"}, "invalid"),
    ],
)
async def test_claims(
    trusting: AccessTokens, login: Login, changes: dict[str, object], why: str
) -> None:
    assert await refused(trusting, login.sign(**changes)) == why


async def test_clocks_may_differ_a_little(trusting: AccessTokens, login: Login) -> None:
    text = login.sign(iat=NOW + 59, nbf=NOW + 59, aud=["https://x.example", AUDIENCE])
    assert await trusting.verify(text)


async def test_header_and_signature(
    trusting: AccessTokens, login: Login, key_server: KeyServer
) -> None:
    head, body, signature = login.sign().split(".")
    for text in (
        replace(login, key=ECKey.generate_key("P-384")).sign(),
        replace(login, header={"kid": "login-2"}).sign(),
        replace(login, header={}).sign(),
        replace(login, header={"kid": "login-1", "typ": "logout+jwt"}).sign(),
        replace(login, header={"kid": "login-1", "typ": "at+jwt", "crit": ["exp"]}).sign(),
        f"{segment({'alg': 'none', 'kid': 'login-1'})}.{body}.{signature}",
        f"{segment({'alg': 'HS256', 'kid': 'login-1'})}.{body}.{signature}",
        f"{head}.{segment(login.claims(ods='QM1'))}.{signature}",
    ):
        assert await refused(trusting, text) == "invalid"
    elsewhere = {"kid": "login-1", "jku": "https://evil.example", "x5u": "https://evil.example"}
    assert await trusting.verify(replace(login, header=dict[str, object](elsewhere)).sign())
    assert all(request.startswith(b"GET /jwks ") for request in key_server.requests)


async def test_a_key_that_the_issuer_took_out(
    trusting: AccessTokens, login: Login, key_server: KeyServer, clock: Clock
) -> None:
    text = login.sign()
    await trusting.verify(text)
    key_server.keys = []
    clock.now += 301
    assert await refused(trusting, text) == "invalid"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_id": None}, "client_id of the token is missing"),
        ({"client_id": "a b"}, "client_id of the token is not a client id"),
        ({"ods": None}, "ods of the token is missing"),
        ({"ods": ["RXA", "RXB"]}, "more than one organisation"),
        ({"ods": 5}, "ods of the token is missing"),
        ({"groups": None}, "groups of the token is missing"),
        ({"groups": ["staff"]}, "no role that is known"),
        ({"groups": ["trust", "board"]}, "more than one role"),
        ({"groups": "surgery"}, "role gp does not fit an organisation of type acute"),
        ({"ods": "ZZZ"}, "not in the directory"),
        ({"scope": None}, "scope of the token is missing"),
    ],
)
async def test_what_is_missing_is_named_and_nothing_of_the_token(
    trusting: AccessTokens, login: Login, changes: dict[str, object], said: str
) -> None:
    told = await not_admitted(trusting, login.sign(**changes))
    assert said in told
    assert '"' not in told
    assert "ZZZ" not in told


async def test_a_host_that_is_away(
    trusting: AccessTokens, login: Login, key_server: KeyServer
) -> None:
    async def broken(writer: asyncio.StreamWriter) -> None:
        writer.close()

    key_server.behaviour = broken
    with pytest.raises(IssuerUnavailable):
        await trusting.verify(login.sign())


async def test_what_the_caller_hears(
    trusting: AccessTokens, login: Login, key_server: KeyServer
) -> None:
    async def who(request: Request) -> Response:
        try:
            caller = await bearer.caller(request)
        except bearer.AccessDenied as denied:
            return JSONResponse(denied.code, denied.status, denied.headers)
        return JSONResponse(caller.client_id)

    app = Starlette(routes=[Route("/who", who)])
    app.state.access_tokens = trusting
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:

        async def hears(text: str) -> tuple[int, str, httpx.Headers]:
            answer = await http.get("/who", headers={"Authorization": f"Bearer {text}"})
            return answer.status_code, answer.json(), answer.headers

        assert (await hears(login.sign()))[:2] == (200, "login:reviews")
        status, code, headers = await hears(login.sign(ods=None))
        assert (status, code) == (403, "forbidden")
        assert 'error="insufficient_scope"' in headers["www-authenticate"]
        assert "ods" in headers["www-authenticate"]
        assert (await hears(login.sign(exp=NOW)))[:2] == (401, "expired")


async def test_instead_of_ours(
    issuer: Issuer,
    key_server: KeyServer,
    login: Login,
    pool: AsyncConnectionPool[Any],
    clock: Clock,
) -> None:
    """Our own tokens open nothing then, and discovery leads to the issuer."""
    trusted = TrustedIssuers(
        (replace(issuer, token_endpoint="https://login.example/token"),), False
    )
    key_sets = KeySets(key_server.fetcher().fetch, clock)
    ours = AccessSettings.at("http://127.0.0.1:8080")
    tokens = AccessTokens(
        replace(ours, token_url_elsewhere=trusted.token_url_elsewhere),
        pool,
        clock,
        IssuedElsewhere(trusted, key_sets, pool, AUDIENCE),
    )
    own = await AccessTokens(ours, pool, clock).issue(Client("c", "RXA", "provider"), GRANTED)
    assert await refused(tokens, own) == "invalid"
    assert await tokens.verify(login.sign())
    configuration = oauth_routes.smart_configuration(tokens.settings)
    assert configuration["token_endpoint"] == "https://login.example/token"
    assert "jwks_uri" not in configuration

    async def keep(actor: Actor, network: str | None, status: int, scope: str) -> None:
        """Nothing is asked for here."""

    paths = {route.path for route in oauth_routes.routes(tokens, pool, key_sets, keep)}
    assert not {"/oauth2/token", "/oauth2/jwks"} & paths


async def test_a_change_in_the_directory_counts_within_a_minute(
    trusting: AccessTokens, login: Login, clock: Clock, connection: psycopg.Connection[Any]
) -> None:
    text = login.sign()
    await trusting.verify(text)
    connection.execute("UPDATE registry.organisation SET type = 'icb' WHERE ods = 'RXA'")
    clock.now += 60
    assert "does not fit" in await not_admitted(trusting, text)
