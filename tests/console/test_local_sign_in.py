"""Signing in by the local provider, over real sockets."""

from __future__ import annotations

import httpx
import psycopg
import pytest

from tests.console.browsing import Visitor, query
from tests.console.conftest import Local
from tests.console.served import count


def test_one_choice_leads_from_the_first_page_to_oneself(visitor: Visitor) -> None:
    page = visitor.sign_in("RT1")
    assert page.status_code == 200
    assert page.url.path == "/"
    assert "You are working for <strong>Trust One</strong> (RT1)" in page.text
    assert "Robin Example" in page.text


@pytest.mark.parametrize("code", ["QX1", "RME"])
def test_every_kind_of_organisation_that_takes_part_may_enter(visitor: Visitor, code: str) -> None:
    assert f"({code})" in visitor.sign_in(code).text


def test_a_practice_is_not_offered_and_cannot_be_chosen(visitor: Visitor) -> None:
    page = visitor.open("/")
    assert "Practice One" not in page.text
    back = visitor.send(page, "/authorize", organisation="P81001")
    assert query(back.headers["location"])["error"] == "access_denied"
    assert visitor.follow(back).status_code == 403
    assert "lfd-session" not in visitor.cookies


def test_one_returns_to_the_page_one_asked_for(visitor: Visitor) -> None:
    assert visitor.sign_in("RT1", "/organisation?return_to=/").url.path == "/organisation"


def test_somebody_with_several_organisations_chooses_one(visitor: Visitor) -> None:
    page = visitor.sign_in("several")
    assert page.url.path == "/organisation"
    assert visitor.get("/").headers["location"] == "/organisation"
    before = visitor.session()
    chosen = visitor.follow(visitor.send(page, "/organisation", organisation="RME"))
    assert "You are working for <strong>Examiner Office One</strong>" in chosen.text
    assert visitor.session() != before
    again = visitor.send(visitor.open("/organisation"), "/organisation", organisation="QX1")
    assert "You are working for <strong>Board One</strong>" in visitor.follow(again).text


@pytest.mark.parametrize("choice", ["P81001", "RT9", ""])
def test_an_organisation_that_is_not_ones_own_cannot_be_chosen(
    visitor: Visitor, choice: str
) -> None:
    page = visitor.sign_in("several")
    answer = visitor.send(page, "/organisation", organisation=choice)
    assert answer.status_code == 400
    assert "Select the organisation you are working for" in answer.text
    assert visitor.get("/").headers["location"] == "/organisation"


def test_signing_out_ends_the_session_for_whoever_has_its_cookie(
    local: Local, visitor: Visitor
) -> None:
    page = visitor.sign_in("RT1")
    secret = visitor.session()
    assert "You are signed out" in visitor.send(page, "/sign-out").text
    assert "lfd-session" not in visitor.cookies
    assert count(local.database, "session") == 0
    stolen = httpx.get(local.url, cookies={"lfd-session": secret})
    assert stolen.status_code == 419


def test_signing_in_again_ends_the_session_before(local: Local, visitor: Visitor) -> None:
    visitor.sign_in("RT1")
    before = visitor.session()
    visitor.sign_in("QX1", "/sign-in")
    assert count(local.database, "session") == 1
    assert httpx.get(local.url, cookies={"lfd-session": before}).status_code == 419


def test_a_session_cookie_that_was_planted_is_not_taken_on(local: Local, visitor: Visitor) -> None:
    planted = "planted-by-somebody-else"
    visitor.http.cookies.set("lfd-session", planted, domain="127.0.0.1")
    ended = visitor.open("/")
    assert ended.status_code == 419
    visitor.http.cookies.set("lfd-session", planted, domain="127.0.0.1")
    visitor.sign_in("RT1", "/sign-in")
    assert planted not in visitor.cookies.values()
    assert httpx.get(local.url, cookies={"lfd-session": planted}).status_code == 419


def test_secrets_are_not_in_the_database_as_they_are(local: Local, visitor: Visitor) -> None:
    visitor.get("/sign-in")
    visitor.sign_in("RT1")
    with psycopg.connect(local.database) as connection:
        rows = connection.execute("SELECT s::text FROM registry.session s").fetchall()
        rows += connection.execute("SELECT a::text FROM registry.sign_in_attempt a").fetchall()
    stored = " ".join(str(row[0]) for row in rows)
    assert stored
    for value in visitor.cookies.values():
        assert value not in stored
        assert value.encode().hex() not in stored


def test_called_by_its_other_name_the_console_goes_to_the_one_it_is_known_by(
    local: Local,
) -> None:
    port = local.url.rpartition(":")[2]
    answer = httpx.get(f"http://localhost:{port}/sign-in?return_to=/organisation")
    assert answer.headers["location"] == f"{local.url}/sign-in?return_to=%2Forganisation"
