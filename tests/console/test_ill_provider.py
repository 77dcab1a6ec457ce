"""An identity provider that answers badly, on a real socket: forged, stale and huge answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from console.settings import Credential, ProviderSettings
from console.sign_in.attempts import Attempt
from console.sign_in.fault import ProviderFault, SignInRefused
from console.sign_in.fetching import MAX_BYTES, client
from console.sign_in.provider import ASK_KEYS_AGAIN_SECONDS, KEEP_SECONDS, Provider
from tests.console.served import address, bound_socket, serving

NOW = 1_800_000_000
ATTEMPT = Attempt("state", "nonce", "verifier", "/")
REDIRECT = "https://console.example/sign-in/callback"


@dataclass
class Ill:
    """What the provider answers; tests change it. Counts what it is asked."""

    url: str
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "1"}))
    document: dict[str, Any] = field(default_factory=dict[str, Any])
    claims: dict[str, Any] = field(default_factory=dict[str, Any])
    userinfo: dict[str, Any] = field(default_factory=dict[str, Any])
    instead: dict[str, Response] = field(default_factory=dict[str, Response])
    asked: list[str] = field(default_factory=list[str])

    async def answer(self, request: Request) -> Response:
        name = request.path_params["name"].rpartition("/")[2]
        self.asked.append(name)
        return self.instead.get(name) or JSONResponse(self._usual(name))

    def _usual(self, name: str) -> dict[str, Any]:
        if name == "openid-configuration":
            names = {"authorization_endpoint": "a", "token_endpoint": "token", "jwks_uri": "jwks"}
            usual = {key: f"{self.url}/{path}" for key, path in names.items()}
            usual |= {"issuer": self.url, "userinfo_endpoint": f"{self.url}/userinfo"}
            return {**usual, **self.document}
        if name == "jwks":
            return {"keys": [self.key.as_dict(private=False)]}
        if name == "token":
            return {"access_token": "t", "token_type": "Bearer", "id_token": self._id_token()}
        return {"sub": "1", "name": "Robin", **self.userinfo}

    def _id_token(self) -> str:
        usual = {"iss": self.url, "aud": "console", "sub": "1", "nonce": "nonce"}
        claims = {**usual, "iat": NOW, "exp": NOW + 300, **self.claims}
        header = {"alg": "ES256", "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, algorithms=["ES256"])


@pytest.fixture
def ill() -> Iterator[Ill]:
    bound = bound_socket()
    made = Ill(address(bound))

    @asynccontextmanager
    async def make() -> AsyncGenerator[ASGIApp]:
        methods = ["GET", "POST"]
        yield Starlette(routes=[Route("/{name:path}", made.answer, methods=methods)])

    with serving(make, bound):
        yield made


@dataclass
class Watch:
    """A count of seconds that only tests move."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


async def claims(ill: Ill) -> dict[str, object]:
    """Signs in once with a console that has asked nothing before."""
    async with client(trust_env=False) as http:
        return (await provider(ill, http, Watch()).claims("code", ATTEMPT, REDIRECT))[1]


def provider(ill: Ill, http: httpx.AsyncClient, watch: Watch) -> Provider:
    settings = ProviderSettings(ill.url, "console", Credential("secret", "s"))
    return Provider(settings, http, watch, lambda: float(NOW))


async def test_a_good_answer_is_what_the_token_and_user_info_say_together(ill: Ill) -> None:
    ill.userinfo = {"name": "Robin", "nonce": "other", "iss": "other"}
    found = await claims(ill)
    assert found["name"] == "Robin"
    assert (found["nonce"], found["iss"]) == ("nonce", ill.url)  # what is signed goes first


@pytest.mark.parametrize(
    "forged",
    [{"iss": "https://other.example"}, {"aud": "other"}, {"nonce": "other"}, {"exp": NOW - 3600}],
    ids=str,
)
async def test_a_token_for_somebody_else_or_another_time_is_refused(
    ill: Ill, forged: dict[str, Any]
) -> None:
    ill.claims = forged
    with pytest.raises(SignInRefused):
        await claims(ill)


async def test_a_token_signed_with_a_key_that_is_not_shown_is_refused(ill: Ill) -> None:
    shown = ECKey.generate_key("P-256", {"kid": "1"}).as_dict(private=False)
    ill.instead["jwks"] = JSONResponse({"keys": [shown]})
    with pytest.raises(SignInRefused):
        await claims(ill)


async def test_user_info_about_another_person_is_refused(ill: Ill) -> None:
    ill.userinfo = {"sub": "2"}
    with pytest.raises(SignInRefused, match="somebody else"):
        await claims(ill)


@pytest.mark.parametrize("name", ["openid-configuration", "jwks", "token", "userinfo"])
@pytest.mark.parametrize(
    "answer",
    [
        Response(b" " * (MAX_BYTES + 1)),
        Response(b"<html>"),
        JSONResponse([]),
        JSONResponse({"error": "server_error"}, 500),
        RedirectResponse("http://127.0.0.1:1/"),
    ],
    ids=["huge", "html", "list", "error", "redirect"],
)
async def test_an_answer_that_is_none_is_the_providers_fault(
    ill: Ill, name: str, answer: Response
) -> None:
    ill.instead[name] = answer
    with pytest.raises(ProviderFault):
        await claims(ill)


async def test_a_provider_that_is_not_there_is_the_providers_fault(ill: Ill) -> None:
    ill.document = {"token_endpoint": "http://127.0.0.1:1/token"}
    with pytest.raises(ProviderFault, match="no answer"):
        await claims(ill)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"token_endpoint": "http://console.example/token"},
        {"jwks_uri": None},
        {"jwks_uri": ["x"]},
        {"userinfo_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
async def test_a_discovery_document_that_cannot_be_trusted_is_not_used(
    ill: Ill, document: dict[str, Any]
) -> None:
    ill.document = document
    with pytest.raises(ProviderFault, match="discovery"):
        await claims(ill)
    assert "token" not in ill.asked


async def test_a_code_that_is_refused_is_no_fault(ill: Ill) -> None:
    ill.instead["token"] = JSONResponse({"error": "invalid_grant"}, 400)
    with pytest.raises(SignInRefused):
        await claims(ill)


async def test_what_the_provider_says_of_itself_is_kept_for_a_while(ill: Ill) -> None:
    watch = Watch()
    async with client(trust_env=False) as http:
        one = provider(ill, http, watch)
        for _ in range(3):
            await one.claims("code", ATTEMPT, REDIRECT)
        assert ill.asked.count("openid-configuration") == ill.asked.count("jwks") == 1
        watch.seconds += KEEP_SECONDS + 1
        await one.claims("code", ATTEMPT, REDIRECT)
    assert ill.asked.count("openid-configuration") == ill.asked.count("jwks") == 2


async def test_a_new_key_is_asked_for_but_not_each_time(ill: Ill) -> None:
    watch = Watch()
    async with client(trust_env=False) as http:
        one = provider(ill, http, watch)
        await one.claims("code", ATTEMPT, REDIRECT)
        ill.key = ECKey.generate_key("P-256", {"kid": "2"})
        watch.seconds += ASK_KEYS_AGAIN_SECONDS + 1
        assert (await one.claims("code", ATTEMPT, REDIRECT))[1]["sub"] == "1"
        ill.instead["jwks"] = JSONResponse({"keys": []})
        ill.key = ECKey.generate_key("P-256", {"kid": "3"})
        asked = ill.asked.count("jwks")
        for _ in range(3):
            with pytest.raises(SignInRefused):
                await one.claims("code", ATTEMPT, REDIRECT)
        assert ill.asked.count("jwks") == asked


async def test_many_at_once_ask_for_discovery_once(ill: Ill) -> None:
    async with client(trust_env=False) as http:
        one = provider(ill, http, Watch())
        await asyncio.gather(*(one.metadata() for _ in range(10)))
    assert ill.asked == ["openid-configuration"]
