"""Access tokens: the assertion is what SMART asks for, and one token serves until it expires."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from pytest_httpx import HTTPXMock

from adapter.token import (
    AccessToken,
    Credentials,
    TokenRefused,
    TokenSource,
    assertion,
    request_token,
)

BASE = "https://registry.example/fhir"
DISCOVERY = f"{BASE}/.well-known/smart-configuration"
ENDPOINT = "https://registry.example/token"
RSA = RSAKey.generate_key(2048)
EC = ECKey.generate_key("P-384")


def credentials(key: RSAKey | ECKey) -> Credentials:
    return Credentials("trust-rxa", key.as_pem(private=True).decode())


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS384"), (EC, "ES384")])
def test_assertion(key: RSAKey | ECKey, algorithm: str) -> None:
    signed = assertion(credentials(key), ENDPOINT, 1_000_000)
    token = jwt.decode(signed, key, algorithms=[algorithm])
    assert token.header == {"alg": algorithm, "typ": "JWT", "kid": key.thumbprint()}
    claims = token.claims
    assert claims.pop("jti")
    assert claims == {
        "iss": "trust-rxa",
        "sub": "trust-rxa",
        "aud": ENDPOINT,
        "iat": 1_000_000,
        "exp": 1_000_300,
    }


def test_assertions_are_never_the_same() -> None:
    assert assertion(credentials(EC), ENDPOINT, 1) != assertion(credentials(EC), ENDPOINT, 1)


@pytest.mark.parametrize(
    "pem",
    [
        ECKey.generate_key("P-256").as_pem(private=True).decode(),
        RSA.as_pem(private=False).decode(),
        EC.as_pem(private=False).decode(),
        "no key",
        "",
        OctKey.generate_key(256).as_dict(private=True)["k"],
    ],
    ids=range(6),
)
def test_key_that_cannot_sign_so_is_refused(pem: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        assertion(Credentials("me", str(pem)), ENDPOINT, 1)
    assert not pem or str(pem) not in refused.value.reason


async def test_request(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=DISCOVERY, json={"token_endpoint": ENDPOINT})
    httpx_mock.add_response(
        url=ENDPOINT, method="POST", json={"access_token": "abc", "expires_in": 120}
    )
    async with httpx.AsyncClient() as http:
        token = await request_token(http, f"{BASE}/", credentials(EC), "system/*.cruds")
    assert token == AccessToken("abc", 120)
    sent = httpx_mock.get_requests()[-1]
    form = {name: values[0] for name, values in parse_qs(sent.content.decode()).items()}
    signed = jwt.decode(form.pop("client_assertion"), EC, algorithms=["ES384"])
    assert signed.claims["aud"] == ENDPOINT
    assert form == {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "scope": "system/*.cruds",
    }


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400, json={"error": "invalid_client"}),
        httpx.Response(200, json={"token_type": "bearer"}),
        httpx.Response(200, json=[]),
        httpx.Response(200, text="hello"),
        httpx.Response(200, content=b"{", headers={"Content-Type": "application/json"}),
    ],
)
async def test_refusal(httpx_mock: HTTPXMock, answer: httpx.Response) -> None:
    httpx_mock.add_response(url=DISCOVERY, json={"token_endpoint": ENDPOINT})
    httpx_mock.add_callback(lambda _: answer, url=ENDPOINT)
    async with httpx.AsyncClient() as http:
        with pytest.raises(TokenRefused):
            await request_token(http, BASE, credentials(EC))


async def test_no_token_endpoint(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=DISCOVERY, json={})
    async with httpx.AsyncClient() as http:
        with pytest.raises(TokenRefused, match="token endpoint"):
            await request_token(http, BASE, credentials(EC))


async def test_registry_that_is_not_well_has_not_refused(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=DISCOVERY, status_code=503)
    async with httpx.AsyncClient() as http:
        with pytest.raises(httpx.HTTPStatusError):
            await request_token(http, BASE, credentials(EC))


async def test_source_keeps_a_token_until_shortly_before_it_expires() -> None:
    now = 0.0
    given: list[str] = []

    async def request() -> AccessToken:
        await asyncio.sleep(0)
        given.append(f"t{len(given)}")
        return AccessToken(given[-1], 300)

    source = TokenSource(request, lambda: now)
    assert set(await asyncio.gather(*(source.token() for _ in range(8)))) == {"t0"}
    now = 269.0
    assert await source.token() == "t0"
    now = 270.0
    assert await source.token() == "t1"
    source.forget("t0")
    assert await source.token() == "t1"
    source.forget("t1")
    assert await source.token() == "t2"
