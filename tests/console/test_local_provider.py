"""The local provider: for this machine only, and as strict as a provider has to be."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from console.address import AddressError
from console.local_provider.grants import LIFETIME, LIMIT, Grant, Kept
from console.local_provider.provider import CLIENT_ID, PATH, LocalProvider
from tests.console.browsing import Visitor, form_to, query
from tests.console.conftest import Local


async def nobody() -> list[Any]:
    return []


@pytest.mark.parametrize(
    ("base_url", "listening"),
    [
        ("http://127.0.0.1:8080", "0.0.0.0"),
        ("http://127.0.0.1:8080", "::"),
        ("http://127.0.0.1:8080", "192.168.1.5"),
        ("http://registry.example", "127.0.0.1"),
        ("https://registry.example", "127.0.0.1"),
    ],
)
def test_it_does_not_start_where_other_machines_could_reach_it(
    base_url: str, listening: str
) -> None:
    with pytest.raises(AddressError, match="this machine only"):
        LocalProvider(base_url, listening, nobody)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks", "/authorize"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "registry.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"X-Forwarded-For": "10.0.0.1"},
        {"Forwarded": "for=10.0.0.1"},
        {"Via": "1.1 proxy"},
    ],
    ids=str,
)
def test_it_answers_no_proxy_and_to_no_other_name(
    local: Local, path: str, headers: dict[str, str]
) -> None:
    answer = httpx.get(f"{local.url}{PATH}{path}", headers=headers)
    assert answer.status_code == 403
    assert "only" in answer.text


def authorization(visitor: Visitor, **changes: str) -> httpx.Response:
    asked = visitor.get("/sign-in").headers["location"]
    return visitor.http.get(f"{PATH}/authorize", params={**query(asked), **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "other"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": ""},
    ],
    ids=str,
)
def test_it_sends_nobody_to_a_client_it_does_not_know(
    visitor: Visitor, changes: dict[str, str]
) -> None:
    answer = authorization(visitor, **changes)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
    ],
    ids=str,
)
def test_it_refuses_what_a_client_may_not_ask(
    visitor: Visitor, changes: dict[str, str], error: str
) -> None:
    answer = authorization(visitor, **changes)
    assert query(answer.headers["location"])["error"] == error


def test_its_form_cannot_be_bent_to_another_client(visitor: Visitor) -> None:
    form = form_to(visitor.open("/"), "/authorize")
    bent = {**form.fields, "redirect_uri": "https://evil.example/", "organisation": "RT1"}
    answer = visitor.http.post(form.action, data=bent)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def basic(name: str, secret: str) -> dict[str, str]:
    said = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {said}"}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "another"}, "invalid_grant"),
        ({"code": "another"}, "invalid_grant"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
    ids=str,
)
def test_a_code_is_only_for_who_asked_for_it(
    local: Local, visitor: Visitor, changes: dict[str, str], error: str
) -> None:
    code = query(visitor.come_back("RT1").headers["location"])["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"{local.url}/sign-in/callback",
        "code_verifier": "x",
        **changes,
    }
    secret = local.settings.provider.credential.value
    answer = visitor.http.post(f"{PATH}/token", data=form, headers=basic(CLIENT_ID, secret))
    assert (answer.status_code, answer.json()) == (400, {"error": error})


@pytest.mark.parametrize(
    "headers",
    [{}, basic(CLIENT_ID, "guessed"), {"Authorization": "Bearer x"}, {"Authorization": "Basic !"}],
    ids=str,
)
def test_a_client_that_does_not_prove_itself_gets_nothing(
    visitor: Visitor, headers: dict[str, str]
) -> None:
    answer = visitor.http.post(f"{PATH}/token", data={"code": "x"}, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize("token", ["", "guessed"])
def test_user_info_is_for_whoever_has_the_token(visitor: Visitor, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    assert visitor.http.get(f"{PATH}/userinfo", headers=headers).status_code == 401


GRANT = Grant({"sub": "1"}, None, "c")


def taken_twice(kept: Kept, now: list[float]) -> Grant | None:
    secret = kept.put(GRANT)
    assert kept.take(secret) == GRANT
    return kept.take(secret)


def taken_late(kept: Kept, now: list[float]) -> Grant | None:
    secret = kept.put(GRANT)
    now[0] += LIFETIME
    return kept.take(secret)


def taken_after_many_others(kept: Kept, now: list[float]) -> Grant | None:
    secret = kept.put(GRANT)
    for _ in range(LIMIT):
        kept.put(GRANT)
    return kept.take(secret)


@pytest.mark.parametrize("way", [taken_twice, taken_late, taken_after_many_others])
def test_a_grant_is_taken_once_soon_or_never(
    way: Callable[[Kept, list[float]], Grant | None],
) -> None:
    now = [0.0]
    assert way(Kept(lambda: now[0]), now) is None
