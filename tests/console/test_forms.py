"""Forms of other sites, of other sessions and of nobody are refused, on every address that takes
one."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.console.browsing import Visitor, form_to
from tests.console.conftest import Local
from tests.console.served import count

ACTIONS = ["/organisation", "/sign-out"]


@pytest.fixture
def signed_in(visitor: Visitor) -> Visitor:
    visitor.sign_in("several")
    return visitor


def token(visitor: Visitor) -> str:
    return form_to(visitor.open("/organisation"), "/organisation").fields["csrf_token"]


@pytest.mark.parametrize("path", ACTIONS)
@pytest.mark.parametrize("sent", [{}, {"csrf_token": ""}, {"csrf_token": "A" * 43}])
def test_a_form_without_the_token_of_the_session_does_nothing(
    local: Local, signed_in: Visitor, path: str, sent: dict[str, str]
) -> None:
    answer = signed_in.http.post(path, data={**sent, "organisation": "RT1"})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.text
    assert count(local.database, "session") == 1
    assert signed_in.get("/").headers["location"] == "/organisation"


@pytest.mark.parametrize("path", ACTIONS)
def test_the_token_of_another_session_does_nothing(
    local: Local, signed_in: Visitor, path: str
) -> None:
    with local.visitor() as other:
        other.sign_in("several")
        sent = {"csrf_token": token(other), "organisation": "RT1"}
    assert signed_in.http.post(path, data=sent).status_code == 403


@pytest.mark.parametrize("path", ACTIONS)
@pytest.mark.parametrize("origin", ["null", "https://evil.example", "http://127.0.0.1", ""])
def test_the_right_token_from_another_origin_does_nothing(
    local: Local, signed_in: Visitor, path: str, origin: str
) -> None:
    sent = {"csrf_token": token(signed_in), "organisation": "RT1"}
    answer = signed_in.http.post(path, data=sent, headers={"Origin": origin})
    assert answer.status_code == 403
    assert count(local.database, "session") == 1


def test_our_own_form_is_taken_with_and_without_an_origin(local: Local, signed_in: Visitor) -> None:
    page = signed_in.open("/organisation")
    first = signed_in.send(page, "/organisation", {"Origin": local.url}, organisation="RT1")
    assert first.status_code == 303
    page = signed_in.open("/organisation")
    assert signed_in.send(page, "/organisation", organisation="QX1").status_code == 303


def test_a_token_is_no_good_after_the_organisation_was_changed(signed_in: Visitor) -> None:
    page = signed_in.open("/organisation")
    assert signed_in.send(page, "/organisation", organisation="RT1").status_code == 303
    assert signed_in.send(page, "/organisation", organisation="QX1").status_code == 403
    assert "Trust One" in signed_in.open("/").text


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"organisation": "RT1"}},
        {"files": {"organisation": b"RT1"}},
        {"content": b"organisation=RT1", "headers": {"Content-Type": "text/plain"}},
        {"data": {"organisation": "x" * 70_000}},
        {"content": b"\xff=1", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"content": b"a=1&a=2", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    ],
    ids=lambda body: next(iter(body)),
)
def test_what_is_no_form_of_ours_does_nothing(signed_in: Visitor, body: dict[str, Any]) -> None:
    assert signed_in.http.post("/organisation", **body).status_code == 403


@pytest.mark.parametrize("path", ACTIONS)
def test_a_form_of_somebody_who_is_not_signed_in_does_nothing(local: Local, path: str) -> None:
    answer = httpx.post(local.url + path, data={"organisation": "RT1"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in"


@pytest.mark.parametrize("path", ["/", "/sign-in", "/sign-in/callback", "/signed-out"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_pages_take_no_forms(visitor: Visitor, path: str, method: str) -> None:
    answer = visitor.http.request(method, path, headers={"Accept": "text/html"})
    assert answer.status_code == 405
    assert "can’t be used like that" in answer.text
