"""The headers and cookies that keep pages and sessions to themselves."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie

import httpx
import pytest

from console.pages import asset
from tests.console.browsing import Visitor
from tests.console.conftest import Local
from tests.console.served import (
    Clock,
    address,
    bound_socket,
    console_app,
    fill_directory,
    local_provider,
    serving,
    settings_for,
)

HTML = {"Accept": "text/html"}
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def pages(visitor: Visitor) -> list[httpx.Response]:
    """One answer of each kind: pages, redirects, forms refused, and what is not there."""
    first = [visitor.get("/"), visitor.get("/sign-in/callback"), visitor.get("/signed-out")]
    visitor.sign_in("several")
    return [
        *first,
        visitor.get("/"),
        visitor.get("/organisation"),
        visitor.http.post("/organisation"),
        visitor.http.get("/nowhere", headers=HTML),
        visitor.http.get("/nowhere"),
        visitor.http.get("/assets/nowhere.css", headers=HTML),
    ]


def test_every_answer_keeps_itself_to_itself(visitor: Visitor) -> None:
    for answer in pages(visitor):
        said = answer.headers
        assert said["content-security-policy"] == POLICY, answer.url
        assert said["cache-control"] == "no-store"
        assert said["referrer-policy"] == "same-origin"
        assert said["x-content-type-options"] == "nosniff"
        assert "strict-transport-security" not in said
        assert "server" not in said or "python" not in said["server"].lower()


def test_pages_have_no_script_and_no_style_of_their_own(visitor: Visitor) -> None:
    for answer in pages(visitor):
        text = answer.text.lower()
        assert "<script" not in text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick" not in text
        assert "http://" not in text.replace(str(visitor.http.base_url), "")


def cookies(answer: httpx.Response) -> SimpleCookie:
    return SimpleCookie("\n".join(answer.headers.get_list("set-cookie")))


def test_cookies_are_for_this_host_and_no_script(visitor: Visitor) -> None:
    begun = cookies(visitor.get("/sign-in"))["lfd-sign-in"]
    answer = visitor.come_back("RT1")
    session = cookies(visitor.http.get(answer.headers["location"]))["lfd-session"]
    for cookie in (begun, session):
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "lax"
        assert cookie["path"] == "/"
        assert cookie["domain"] == ""
        assert cookie["expires"] == ""
        assert cookie["max-age"] == ""


@pytest.fixture
def secure(database_url: str) -> Iterator[str]:
    """A console that browsers reach by https, at the proxy's name for it."""
    fill_directory(database_url)
    clock, bound = Clock(), bound_socket()
    provider = local_provider(address(bound), clock)
    settings = settings_for(database_url, "https://console.example", provider.settings)
    with serving(console_app(settings, clock, provider.routes), bound) as url:
        yield url


def test_over_https_cookies_are_bound_to_the_host_and_browsers_come_back_by_https(
    secure: str,
) -> None:
    answer = httpx.get(f"{secure}/sign-in", headers={"Host": "console.example"})
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    cookie = cookies(answer)["__Host-lfd-sign-in"]
    assert cookie["secure"] is True
    assert cookie["path"] == "/"
    assert cookie["domain"] == ""
    assert (
        "redirect_uri=https%3A%2F%2Fconsole.example%2Fsign-in%2Fcallback"
        in (answer.headers["location"])
    )


def test_over_https_a_cookie_without_the_prefix_is_not_looked_at(secure: str) -> None:
    planted = httpx.get(secure, cookies={"lfd-session": "x"})
    assert planted.headers["location"] == "/sign-in"
    own = httpx.get(secure, cookies={"__Host-lfd-session": "x"})
    assert own.status_code == 419
    assert cookies(own)["__Host-lfd-session"]["secure"] is True


def test_stylesheets_are_compressed_and_kept(local: Local) -> None:
    answer = httpx.get(local.url + asset("nhsuk-frontend.min.css"))
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.num_bytes_downloaded < 40_000
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/assets/../pages.py", "/assets/%2e%2e/pages.py", "/assets/"])
def test_nothing_but_static_files_is_served(local: Local, path: str) -> None:
    assert httpx.get(local.url + path).status_code == 404


def test_programs_get_errors_as_json(local: Local) -> None:
    answer = httpx.get(f"{local.url}/nowhere")
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})
