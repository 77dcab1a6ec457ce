"""What we send to the national services, request by request."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from pytest_httpx import HTTPXMock

from conformance.national_stand_in.tokens import ASSERTION_TYPE, Refused, TokenAddress
from registry.national.event import Kind
from registry.national.judgement import Outcome
from registry.national.services import Services
from registry.national.settings import ApplicationKey, NationalSettings
from registry.national.token import NoToken, assertion
from tests.registry.national.shapes import WHO

TOKEN_URL = "https://platform.example/oauth2/token"
PDS = "https://platform.example/personal-demographics/FHIR/R4"
FLAGS = "https://platform.example/patient-flags-api"


@pytest.fixture(scope="session")
def key() -> RSAKey:
    return RSAKey.generate_key(2048, private=True)


@pytest.fixture
def ours(key: RSAKey) -> ApplicationKey:
    return ApplicationKey("api-key", key.as_pem(private=True).decode(), "kid-1", TOKEN_URL)


@pytest.fixture
def settings(ours: ApplicationKey) -> NationalSettings:
    return NationalSettings(PDS, ours, FLAGS, organisation="X99")


def gives_token(httpx_mock: HTTPXMock, **said: Any) -> None:
    httpx_mock.add_response(
        url=TOKEN_URL, json={"access_token": "token", "expires_in": "599", **said}
    )


async def ask(settings: NationalSettings, kind: Kind = Kind.DEMOGRAPHICS) -> Any:
    async with httpx.AsyncClient() as http:
        return await Services(settings, http).ask(kind, WHO, uuid4())


def test_the_assertion_is_as_the_platform_wants_it(key: RSAKey, ours: ApplicationKey) -> None:
    now = int(time.time())
    decoded = jwt.decode(assertion(ours, now), key, algorithms=["RS512"])
    assert decoded.header == {"alg": "RS512", "typ": "JWT", "kid": "kid-1"}
    claims = decoded.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("api-key", "api-key", TOKEN_URL)
    assert 0 < claims["exp"] - now <= 300
    assert UUID(claims["jti"])


def test_no_two_assertions_are_the_same(ours: ApplicationKey) -> None:
    assert assertion(ours, 0) != assertion(ours, 0)


@pytest.mark.parametrize(
    "pem",
    [
        "no key",
        ECKey.generate_key("P-384", private=True).as_pem(private=True).decode(),
        RSAKey.generate_key(2048, private=True).as_pem(private=False).decode(),
    ],
)
def test_a_key_that_cannot_sign_is_said(pem: str) -> None:
    with pytest.raises(NoToken):
        assertion(ApplicationKey("api-key", pem, "kid-1", TOKEN_URL), 0)


def test_the_stand_in_gives_nothing_for_what_is_not_signed_so(
    key: RSAKey, ours: ApplicationKey
) -> None:
    address = TokenAddress(TOKEN_URL, "api-key", "kid-1", key.as_pem(private=False).decode())
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    now = int(time.time())
    good = assertion(ours, now)
    assert address.give({**form, "client_assertion": good})["token_type"] == "Bearer"
    others = [
        good,
        assertion(ours, now + 3600),
        assertion(ours, now - 3600),
        assertion(ApplicationKey("other", ours.private_key, "kid-1", TOKEN_URL), now),
        assertion(ApplicationKey("api-key", ours.private_key, "kid-2", TOKEN_URL), now),
        assertion(ApplicationKey("api-key", ours.private_key, "kid-1", TOKEN_URL + "2"), now),
        good[:-4] + "AAAA",
    ]
    for bad in others:
        with pytest.raises(Refused):
            address.give({**form, "client_assertion": bad})


async def test_a_request_carries_its_headers(
    settings: NationalSettings, httpx_mock: HTTPXMock
) -> None:
    gives_token(httpx_mock)
    httpx_mock.add_response(url=f"{PDS}/Patient/{WHO}", json={"resourceType": "Patient"})
    answer = await ask(settings)
    assert (answer.outcome, answer.body) == (Outcome.FOUND, {"resourceType": "Patient"})
    token, asked = httpx_mock.get_requests()
    form = dict(parse_qsl(token.content.decode()))
    assert form["grant_type"] == "client_credentials"
    assert form["client_assertion_type"] == ASSERTION_TYPE
    assert asked.headers["Authorization"] == "Bearer token"
    assert asked.headers["NHSD-End-User-Organisation-ODS"] == "X99"
    ids = UUID(asked.headers["X-Request-ID"]), UUID(asked.headers["X-Correlation-ID"])
    assert ids[0] != ids[1]


async def test_flags_are_asked_for_by_number_and_code(
    settings: NationalSettings, httpx_mock: HTTPXMock
) -> None:
    gives_token(httpx_mock)
    httpx_mock.add_response(url=f"{FLAGS}/PatientFlag?patient={WHO}&code=NRAF", json={})
    assert (await ask(settings, Kind.ADJUSTMENTS)).outcome is Outcome.FOUND


async def test_one_token_serves_many_requests_of_ids_of_their_own(
    settings: NationalSettings, httpx_mock: HTTPXMock
) -> None:
    gives_token(httpx_mock)
    httpx_mock.add_response(url=f"{PDS}/Patient/{WHO}", json={}, is_reusable=True)
    async with httpx.AsyncClient() as http:
        services = Services(settings, http)
        for _ in range(3):
            await services.ask(Kind.DEMOGRAPHICS, WHO, uuid4())
    requests = httpx_mock.get_requests(url=f"{PDS}/Patient/{WHO}")
    assert len({request.headers["X-Request-ID"] for request in requests}) == 3


async def test_after_a_401_the_next_request_asks_for_a_token_again(
    settings: NationalSettings, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(
        url=TOKEN_URL, json={"access_token": "t", "expires_in": 599}, is_reusable=True
    )
    httpx_mock.add_response(url=f"{PDS}/Patient/{WHO}", status_code=401)
    httpx_mock.add_response(url=f"{PDS}/Patient/{WHO}", json={})
    async with httpx.AsyncClient() as http:
        services = Services(settings, http)
        first = await services.ask(Kind.DEMOGRAPHICS, WHO, uuid4())
        second = await services.ask(Kind.DEMOGRAPHICS, WHO, uuid4())
    assert (first.outcome, second.outcome) == (Outcome.UNAUTHORISED, Outcome.FOUND)
    assert len(httpx_mock.get_requests(url=TOKEN_URL)) == 2


@pytest.mark.parametrize(
    "refused",
    [
        {"status_code": 400, "json": {"error": "invalid_request"}},
        {"status_code": 200, "text": "no json"},
        {"status_code": 200, "json": {"expires_in": 599}},
        {"status_code": 200, "json": {"access_token": "t", "expires_in": "soon"}},
    ],
)
async def test_without_a_token_nothing_is_asked(
    settings: NationalSettings, httpx_mock: HTTPXMock, refused: dict[str, Any]
) -> None:
    httpx_mock.add_response(url=TOKEN_URL, **refused)
    assert (await ask(settings)).outcome is Outcome.NO_TOKEN


async def test_a_service_that_is_not_there_is_an_outcome(
    settings: NationalSettings, httpx_mock: HTTPXMock
) -> None:
    gives_token(httpx_mock)
    httpx_mock.add_exception(httpx.ConnectError("no"), url=f"{PDS}/Patient/{WHO}")
    assert (await ask(settings)).outcome is Outcome.UNREACHABLE


async def test_an_answer_longer_than_any_about_one_person_is_not_read_to_its_end(
    settings: NationalSettings, httpx_mock: HTTPXMock
) -> None:
    gives_token(httpx_mock)
    httpx_mock.add_response(url=f"{PDS}/Patient/{WHO}", content=b" " * (2 * 1024 * 1024))
    assert (await ask(settings)).outcome is Outcome.UNREADABLE


async def test_a_redirection_is_not_followed(
    settings: NationalSettings, httpx_mock: HTTPXMock
) -> None:
    gives_token(httpx_mock)
    httpx_mock.add_response(
        url=f"{PDS}/Patient/{WHO}", status_code=302, headers={"Location": "https://other.example"}
    )
    assert (await ask(settings)).outcome is Outcome.REFUSED
