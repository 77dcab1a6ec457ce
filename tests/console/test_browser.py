"""Sign-in in a real browser: by keyboard alone, without script, on a phone, and by axe's rules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from console.settings import Credential, SessionTerms
from tests.console.certified import Asking, running
from tests.console.conftest import Local
from tests.console.looking import Look, press_until
from tests.console.npm_packages import installed
from tests.console.served import (
    Clock,
    address,
    bound_socket,
    console_app,
    fill_directory,
    serving,
    settings_for,
)


@pytest.fixture
def certified(request: pytest.FixtureRequest, database_url: str) -> Iterator[str]:
    """A console whose people sign in by a certified provider."""
    cache = request.config.cache
    assert cache is not None
    fill_directory(database_url)
    bound = bound_socket()
    client = {"token_endpoint_auth_method": "client_secret_basic", "client_secret": "of-tests"}
    asking = Asking(client, Credential("secret", "of-tests"), "ES256")
    with running(installed(cache), address(bound), asking) as provider:
        settings = settings_for(database_url, address(bound), provider)
        with serving(console_app(settings, Clock()), bound) as url:
            yield url


def test_every_page_of_a_sign_in(local: Local, window: BrowserContext, axe: str) -> None:
    page = window.new_page()
    look = Look(page, axe)
    page.goto(local.url)
    look.at("Who are you today?")
    page.get_by_role("button", name="A person with several organisations").click()
    look.at("Which organisation are you working for now?")
    page.get_by_role("button", name="Continue").click()
    look.at_error("Which organisation are you working for now?")
    page.get_by_role("link", name="Select the organisation you are working for").click()
    expect(page.locator("#organisation-1")).to_be_focused()
    page.get_by_label("Trust <b>Two</b> & Sons (RT2)").check()
    page.get_by_role("button", name="Continue").click()
    look.at("Today")
    region = page.get_by_role("region", name="Your organisation")
    expect(region).to_have_text("You are working for Trust <b>Two</b> & Sons (RT2)")
    page.goto(f"{local.url}/nowhere")
    look.at("Page not found")
    expect(region).to_be_visible()
    page.goto(f"{local.url}/sign-in/callback")
    look.at("You are not signed in")
    page.goto(local.url)
    page.get_by_role("button", name="Sign out").click()
    look.at("You are signed out")


def test_the_pages_for_when_something_is_not_as_it_was(
    local: Local, window: BrowserContext, axe: str
) -> None:
    first, second = window.new_page(), window.new_page()
    look = Look(first, axe)
    first.goto(local.url)
    first.get_by_role("button", name="A person with several organisations").click()
    first.get_by_label("Trust One").wait_for()
    second.goto(f"{local.url}/organisation")
    first.get_by_label("Trust One").check()
    first.get_by_role("button", name="Continue").click()
    first.get_by_role("heading", name="Today", exact=True).wait_for()
    second.get_by_label("Board One").check()
    second.get_by_role("button", name="Continue").click()
    Look(second, axe).at("This was not done")
    expect(second.get_by_text("You are working for Trust One (RT1)")).to_be_visible()
    local.clock.forward(SessionTerms().idle)
    first.reload()
    look.at("Your session has ended")
    first.get_by_role("link", name="Sign in again").click()
    look.at("Who are you today?")


def sign_in(page: Page, uid: str) -> None:
    """Goes through the certified provider's pages."""
    page.get_by_placeholder("Enter any login").fill(uid)
    page.get_by_placeholder("and password").fill("x")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_in_and_out_with_a_certified_provider(
    certified: str, window: BrowserContext, axe: str
) -> None:
    page = window.new_page()
    look = Look(page, axe)
    page.goto(certified)
    sign_in(page, "999000000001")
    look.at("Today")
    page.get_by_role("button", name="Sign out").click()
    look.at("You are signed out of this service")
    page.get_by_role("button", name="Sign out there too").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    look.at("You are signed out")
    expect(page).to_have_url(f"{certified}/signed-out")


def test_somebody_who_may_not_enter(certified: str, window: BrowserContext, axe: str) -> None:
    page = window.new_page()
    page.goto(certified)
    sign_in(page, "999000000003")
    Look(page, axe).at("You do not have access yet")


def test_by_keyboard_alone(local: Local, window: BrowserContext) -> None:
    page = window.new_page()
    page.goto(local.url)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to main content")
    page.keyboard.press("Enter")
    press_until(page, "Tab", "A person with several organisations")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Which organisation are you working for now?").wait_for()
    press_until(page, "Tab", "Trust <b>Two</b>")
    press_until(page, "ArrowDown", "Trust One")  # one group: arrows move in it, and choose
    press_until(page, "Tab", "Continue")
    page.keyboard.press("Enter")
    page.get_by_text("You are working for Trust One (RT1)").wait_for()
    press_until(page, "Tab", "Sign out")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="You are signed out").wait_for()
    assert [one.get("name") for one in window.cookies()] == ["lfd-sign-in"]


def test_without_script(local: Local, chromium: Browser) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(local.url)
        page.get_by_role("button", name="Trust One (RT1)").click()
        page.get_by_text("You are working for Trust One (RT1)").wait_for()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("heading", name="You are signed out").wait_for()


def test_no_script_reads_the_session(local: Local, window: BrowserContext) -> None:
    page = window.new_page()
    page.goto(local.url)
    page.get_by_role("button", name="Trust One (RT1)").click()
    page.get_by_role("heading", name="Today", exact=True).wait_for()
    assert any(one.get("name") == "lfd-session" for one in window.cookies())
    assert page.evaluate("document.cookie") == ""


def test_nothing_is_fetched_from_elsewhere(local: Local, window: BrowserContext) -> None:
    page = window.new_page()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(local.url)
    page.get_by_role("button", name="Trust One (RT1)").click()
    page.get_by_role("heading", name="Today", exact=True).wait_for()
    assert asked
    assert [url for url in asked if not url.startswith(local.url)] == []
