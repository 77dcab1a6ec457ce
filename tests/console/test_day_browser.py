"""The day's work in a real browser: as a person does it, by keyboard alone, without script, on a
phone, on paper; with axe on every page and in every state."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.filled import ADA, BRAM, CORA, DEV, EDITH, FilledConsole, Someone
from tests.console.looking import Look, press_until


@pytest.fixture
def page(chromium: Browser, filled: FilledConsole) -> Iterator[Page]:
    """The first page, as somebody of Trust One."""
    with chromium.new_context(viewport={"width": 1280, "height": 900}) as window:
        page = window.new_page()
        page.goto(filled.url)
        page.get_by_role("button", name="Trust One (RT1)").click()
        page.get_by_role("heading", name="Today", exact=True).wait_for()
        yield page


class Looking(Look):
    """Looks at each page at the width of a desk and at a phone's."""

    def at(self, heading: str) -> None:
        super().at(heading)
        self.narrow()


def find(page: Page, who: Someone) -> None:
    page.get_by_role("link", name="Find a person").click()
    page.get_by_label("NHS number or case number").fill(who.number)
    page.get_by_role("button", name="Find", exact=True).click()


def test_every_page_and_state(page: Page, axe: str, filled: FilledConsole) -> None:
    look = Looking(page, axe)
    look.at("Today")
    page.get_by_role("link", name="Find a person").click()
    look.at("Find a person")
    page.get_by_role("button", name="Find", exact=True).click()
    look.at_error("Find a person")
    page.get_by_role("link", name="Enter an NHS number or a case number").click()
    expect(page.locator("#number")).to_be_focused()
    find(page, DEV)
    look.at("Why are you asking?")
    page.get_by_role("button", name="Go on").click()
    look.at_error("Why are you asking?")
    page.get_by_label("A patient safety matter").check()
    page.get_by_role("button", name="Go on").click()
    look.at("Your organisation has no part in this")
    page.get_by_role("button", name="Raise a concern").click()
    look.at(f"NHS number {DEV.number[:3]} {DEV.number[3:6]} {DEV.number[6:]} Raise a concern")
    find(page, ADA)
    look.at(ADA.name)
    case = page.url
    page.get_by_role("link", name="Explain everything that is said here").click()
    look.at(f"{ADA.name} Why the registry says this")
    page.goto(f"{case}/concern")
    page.get_by_role("button", name="Raise the concern").click()
    look.at_error(f"{ADA.name} Raise a concern")
    page.goto(f"{filled.url}/account")
    look.at("Who you are here")
    page.goto(f"{filled.url}/cases/{'0' * 32}")
    look.at("Page not found")
    page.goto(f"{filled.url}/reviews/{'0' * 32}")
    look.at("There is nothing here for your organisation")


def test_steps_and_what_they_ask(page: Page, axe: str, filled: FilledConsole) -> None:
    who = EDITH
    look = Looking(page, axe)
    item = page.get_by_role("listitem").filter(has_text=who.name)
    stale = page.context.new_page()
    stale.goto(filled.url)
    stale.get_by_role("listitem").filter(has_text=who.name).get_by_role(
        "button", name="Decline"
    ).click()
    item.get_by_role("button", name="Accept the lead").click()
    page.get_by_text("Your organisation leads the review.").wait_for()
    look.at(who.name)
    stale.get_by_label("Why?").fill("Nobody is free")
    stale.get_by_role("button", name="Decline to lead").click()
    Look(stale, axe).at("This review has changed")
    stale.close()
    for link, button in (("Put on hold", "Put on hold"),
                         ("Offer the lead to another organisation", "Offer the lead"),
                         ("Disagree", "Put it on record")):  # fmt: skip
        page.get_by_role("link", name=link).first.click()
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("alert")).to_be_visible()
        look.at(" ".join(page.locator("h1").inner_text().split()))
        page.get_by_role("link", name="Back to the case").click()
    page.get_by_role("link", name="Complete the review").click()
    page.get_by_role("button", name="Complete the review").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look.at("Case record review Complete the review")
    group = page.get_by_role("group", name="PRISM scale")
    group.get_by_label("2: Slight evidence of problems in care").check()
    page.get_by_label("What was learnt? (optional)").fill("Handover sheets were not read.")
    page.get_by_role("button", name="Complete the review").click()
    look.at(who.name)
    expect(page.get_by_text("2 on the PRISM scale")).to_be_visible()
    url = page.get_by_role("link", name="Reopen").get_attribute("href") or ""
    page.goto(filled.url + url.replace("reopen", "start"))
    look.at("This can’t be done now")
    page.goto(filled.url + url)
    look.at("Case record review Reopen the review")


def test_by_keyboard_alone(filled: FilledConsole, chromium: Browser) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(filled.url)
        press_until(page, "Tab", "Trust One (RT1)")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Today", exact=True).wait_for()
        press_until(page, "Tab", "Decline: Case record review, Bram Birch")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Decline to lead").wait_for()
        press_until(page, "Tab", "Why?")
        page.keyboard.type("The community trust knew him best.")
        press_until(page, "Tab", "Decline to lead")
        page.keyboard.press("Enter")
        page.get_by_text("Your organisation has declined to lead.").wait_for()
        press_until(page, "Tab", "Answer: Possible learning disability")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Say whether it is confirmed").wait_for()
        press_until(page, "Tab", "Yes, it is confirmed")
        page.keyboard.press("Space")
        press_until(page, "Tab", "Send the answer")
        page.keyboard.press("Enter")
        page.get_by_text("Your answer is saved.").wait_for()
        expect(page.get_by_role("listitem").filter(has_text=BRAM.name)).to_have_count(0)
        press_until(page, "Tab", "Find a person")
        page.keyboard.press("Enter")
        press_until(page, "Tab", "NHS number or case number")
        page.keyboard.type(CORA.number)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name=CORA.name).wait_for()
        expect(page.get_by_text("Learning disability", exact=True).first).to_be_visible()


def test_without_script_and_without_anybody_elses_server(
    filled: FilledConsole, chromium: Browser
) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda one: asked.append(one.url))
        page.goto(filled.url)
        page.get_by_role("button", name="Trust One (RT1)").click()
        find(page, ADA)
        page.get_by_role("heading", name=ADA.name).wait_for()
        why = page.get_by_text("Why this review, and why this lead").first
        why.click()
        expect(page.get_by_text("Lead: The person died in the care of Trust One.")).to_be_visible()
        assert [url for url in asked if not url.startswith(filled.url)] == []
        assert ADA.number not in str(asked)


def test_on_paper(page: Page) -> None:
    find(page, ADA)
    page.get_by_role("heading", name=ADA.name).wait_for()
    page.emulate_media(media="print")
    expect(page.get_by_role("img", name="Timeline around the death")).to_be_visible()
    expect(page.get_by_text("Lead: The person died in the care of Trust One.")).to_be_visible()
    expect(page.get_by_role("link", name="Raise a concern")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Menu")).to_be_hidden()


def test_nothing_to_do_says_so(filled: FilledConsole, chromium: Browser, axe: str) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(filled.url)
        page.get_by_role("button", name="Examiner Office One (RME)").click()
        page.get_by_text("All is done.").wait_for()
        Look(page, axe).at("Today")
