"""How long sessions live, and that all processes know them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import psycopg
import pytest

from console.settings import SessionTerms
from tests.console.browsing import Visitor
from tests.console.conftest import Local
from tests.console.served import (
    bound_socket,
    console_app,
    count,
    serving,
)

TERMS = SessionTerms()
MOMENT = timedelta(seconds=1)


def page(local: Local, visitor: Visitor) -> httpx.Response:
    return httpx.get(local.url, cookies={"lfd-session": visitor.session()})


def test_a_session_that_is_not_used_ends(local: Local, visitor: Visitor) -> None:
    visitor.sign_in("RT1")
    local.clock.forward(TERMS.idle - MOMENT)
    assert page(local, visitor).status_code == 200
    local.clock.forward(TERMS.idle - MOMENT)
    assert page(local, visitor).status_code == 200
    local.clock.forward(TERMS.idle)
    ended = page(local, visitor)
    assert ended.status_code == 419
    assert "Your session has ended" in ended.text
    assert 'lfd-session=""' in ended.headers["set-cookie"]


def test_a_session_ends_however_much_it_is_used(local: Local, visitor: Visitor) -> None:
    visitor.sign_in("several")
    step = TERMS.idle - MOMENT
    for _ in range(int(TERMS.absolute / step)):
        local.clock.forward(step)
        assert visitor.get("/organisation").status_code == 200
    chosen = visitor.send(visitor.open("/organisation"), "/organisation", organisation="RT1")
    assert chosen.status_code == 303  # a new secret, of the same age
    assert page(local, visitor).status_code == 200
    local.clock.forward(TERMS.absolute % step + MOMENT)
    assert page(local, visitor).status_code == 419


def test_after_a_session_has_ended_one_signs_in_again(local: Local, visitor: Visitor) -> None:
    visitor.sign_in("RT1")
    local.clock.forward(TERMS.idle)
    ended = visitor.get("/")
    assert ended.status_code == 419
    assert "lfd-session" not in visitor.cookies
    assert visitor.sign_in("QX1").status_code == 200


def test_a_sign_in_that_was_left_open_too_long_is_not_finished(
    local: Local, visitor: Visitor
) -> None:
    back = visitor.come_back("RT1")
    local.clock.forward(timedelta(minutes=15))
    assert visitor.follow(back).status_code == 400
    assert count(local.database, "session") == 0


def test_what_has_ended_is_removed_when_somebody_signs_in(local: Local, visitor: Visitor) -> None:
    visitor.sign_in("RT1")
    visitor.get("/sign-in")
    local.clock.forward(TERMS.absolute)
    with local.visitor() as other:
        other.sign_in("QX1")
    assert count(local.database, "session") == 1
    assert count(local.database, "sign_in_attempt") == 0


@pytest.mark.parametrize("change", ["type = 'gp'", "type = 'icb'"])
def test_a_session_ends_when_its_organisation_is_no_longer_of_its_kind(
    local: Local, visitor: Visitor, change: str
) -> None:
    visitor.sign_in("RT1")
    with psycopg.connect(local.database) as connection:
        connection.execute(f"UPDATE registry.organisation SET {change} WHERE ods = 'RT1'".encode())
    assert visitor.get("/").status_code == 419


@pytest.fixture
def second(local: Local) -> Iterator[str]:
    """Another process's console on the same database, known by the same address."""
    with serving(console_app(local.settings, local.clock), bound_socket()) as url:
        yield url


def test_a_session_of_one_process_holds_in_another(
    local: Local, second: str, visitor: Visitor
) -> None:
    visitor.sign_in("RT1")
    cookies = {"lfd-session": visitor.session()}
    assert "Trust One" in httpx.get(second, cookies=cookies).text
    visitor.send(visitor.open("/"), "/sign-out")
    assert httpx.get(second, cookies=cookies).status_code == 419


def test_a_form_made_by_one_process_is_taken_by_another(
    local: Local, second: str, visitor: Visitor
) -> None:
    form = visitor.sign_in("several")
    cookies = {"lfd-session": visitor.session()}
    elsewhere = httpx.get(f"{second}/organisation", cookies=cookies)
    assert elsewhere.text == form.text


def test_a_sign_in_begun_in_one_process_is_finished_in_another_and_only_once(
    local: Local, second: str, visitor: Visitor
) -> None:
    back = visitor.come_back("RT1").headers["location"]
    cookies = {"lfd-sign-in": visitor.cookies["lfd-sign-in"]}
    finished = httpx.get(back.replace(local.url, second), cookies=cookies)
    assert finished.status_code == 303
    assert "lfd-session" in finished.cookies
    assert httpx.get(back, cookies=cookies).status_code == 400
    assert count(local.database, "session") == 1
