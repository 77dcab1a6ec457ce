"""The worklist, used as a person would use it: filters, pages, CSV, and a list that keeps fresh."""

from __future__ import annotations

import csv
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from console.session.cookies import session_cookie
from console.settings import SessionTerms
from console.worklist import routes
from tests.console.filled import ADA, BRAM, CORA, DEV, FilledConsole
from tests.console.looking import Look, press_until, sign_in
from tests.registry.api.message import message, number_of


def people(page: Page) -> Locator:
    return page.locator("#reviews tbody tr td:first-child a")


def test_every_state_of_the_worklist(
    filled: FilledConsole, window: BrowserContext, axe: str
) -> None:
    page = window.new_page()
    look = Look(page, axe)
    sign_in(page, filled, "/worklist")
    look.at("Worklist")
    expect(people(page).filter(has_text=ADA.name).first).to_be_visible()
    expect(people(page).filter(has_text=DEV.name)).to_have_count(0)
    page.get_by_label("Due", exact=True).select_option("Overdue")
    page.get_by_role("button", name="Show these reviews").click()
    expect(page.get_by_text("No review fits these filters.")).to_be_visible()
    expect(page).to_have_url(re.compile("due=overdue"))
    look.at("Worklist")
    page.get_by_role("link", name="Clear all filters").click()
    page.get_by_label("Kind of review").select_option("LeDeR review")
    page.get_by_role("button", name="Show these reviews").click()
    expect(people(page)).to_have_text([ADA.name])
    page.goto(f"{filled.url}/worklist?state=gone&name=x")
    expect(page.get_by_text("Part of this page’s address is not known")).to_be_visible()
    look.at("Worklist")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Show these reviews")).to_be_hidden()
    expect(people(page).first).to_be_visible()


def test_by_the_flag_on_the_person(filled: FilledConsole, window: BrowserContext, axe: str) -> None:
    page = window.new_page()
    look = Look(page, axe)
    sign_in(page, filled, "/worklist")
    page.get_by_label("Flag on the person").select_option("Either of these two")
    page.get_by_role("button", name="Show these reviews").click()
    expect(page).to_have_url(re.compile("flag=either"))
    expect(people(page)).to_have_text([ADA.name] * 2)  # the case record review, and LeDeR
    look.at("Worklist")
    page.get_by_label("Flag on the person").select_option("Severe mental illness")
    page.get_by_role("button", name="Show these reviews").click()
    expect(page.get_by_text("No review fits these filters.")).to_be_visible()
    page.goto(f"{filled.url}/worklist?flag=possible")
    expect(people(page)).to_have_text([CORA.name])
    page.get_by_role("link", name="Download these reviews as a CSV file").wait_for()
    with filled.visitor() as visitor:
        visitor.sign_in("RT1")
        answer = visitor.get("/worklist.csv?flag=possible")
        lines = list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff"))))
        assert [one["name"] for one in lines] == [CORA.name]


def test_no_name_and_no_number_is_in_an_address(
    filled: FilledConsole, window: BrowserContext
) -> None:
    page = window.new_page()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    sign_in(page, filled, "/worklist")
    page.get_by_role("button", name="Show these reviews").click()
    page.get_by_role("link", name=BRAM.name).first.click()
    page.get_by_role("heading", name=BRAM.name).wait_for()
    page.wait_for_load_state()
    assert len(asked) > 4
    assert not any(part in url for url in asked for part in (BRAM.number, BRAM.family, ADA.family))


def test_by_keyboard_alone(filled: FilledConsole, chromium: Browser) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        sign_in(page, filled, "/worklist")
        press_until(page, "Tab", "Another organisation")
        page.keyboard.press("A")  # Another organisation
        press_until(page, "Tab", "Show these reviews")
        page.keyboard.press("Enter")
        page.wait_for_url("**lead=others**")
        expect(people(page)).to_have_text(
            [ADA.name]
        )  # whose LeDeR review the board is asked to lead
        press_until(page, "Tab", ADA.name)


def test_without_script_and_from_page_to_page(
    filled: FilledConsole, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes.filters, "PAGE_SIZE", 3)
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, filled, "/worklist")
        expect(people(page)).to_have_count(3)
        first = people(page).all_inner_texts()
        page.get_by_role("link", name="Next page").click()
        expect(people(page)).not_to_have_text(first)
        expect(people(page).first).to_be_visible()
        page.get_by_role("link", name="Previous page").click()
        expect(people(page)).to_have_text(first)
        page.goto(f"{filled.url}/worklist?lead=us&page=not-one-of-ours")
        expect(page).to_have_url(f"{filled.url}/worklist?lead=us")


def test_the_list_keeps_itself_fresh_and_the_keyboard_where_it_was(
    filled: FilledConsole, chromium: Browser, axe: str
) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        sign_in(page, filled, "/worklist")
        link = page.get_by_role("link", name=BRAM.name).first
        link.focus()
        before, address = people(page).count(), link.get_attribute("href") or ""
        made = message("A03", sender="RT1", number=number_of(77), admitted="2026-11-03",
                       discharged="2026-11-15", method="4", died="2026-11-15", visit="A77",
                       control_id="fresh")  # fmt: skip
        with ThreadPoolExecutor(1) as aside:  # this thread's event loop is the browser's
            aside.submit(filled.tell, "RT1", made).result()
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("[data-live-status]")).to_contain_text("The list was updated at")
        expect(people(page)).to_have_count(before + 1)
        expect(page.locator(":focus")).to_have_attribute("href", address)
        Look(page, axe).at("Worklist")


def test_a_page_that_keeps_itself_fresh_does_not_keep_the_session_alive(
    filled: FilledConsole,
) -> None:
    with filled.visitor() as visitor:
        visitor.sign_in("RT1", "/worklist")
        begun = filled.clock.now
        almost = SessionTerms().idle - timedelta(minutes=1)
        filled.clock.forward(almost)
        assert visitor.get("/worklist/changes").status_code == 200
        assert visitor.get("/worklist/table").status_code == 200
        filled.clock.forward(timedelta(minutes=1))
        for path in ("/worklist/changes", "/worklist/table"):
            assert visitor.get(path).status_code == 401
        assert visitor.get("/worklist").status_code == 419
        filled.clock.now = begun


def test_whether_something_changed_says_nothing_to_anybody_else(filled: FilledConsole) -> None:
    marks: list[str] = []
    for code in ("RT1", "RT2", "RT1"):
        with filled.visitor() as visitor:
            visitor.sign_in(code)
            answer = visitor.get("/worklist/changes")
            assert list(answer.json()) == ["mark"]
            marks.append(answer.json()["mark"])
    assert marks[0] == marks[2] != marks[1]
    with filled.visitor() as nobody:
        assert nobody.get("/worklist/changes").status_code == 401


def test_the_csv_holds_what_the_page_shows_and_is_on_record(
    filled: FilledConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "CSV_PAGE", 2)
    with filled.visitor() as visitor, psycopg.connect(filled.database) as connection:
        visitor.sign_in("RT1")
        events = "SELECT count(*) FROM registry.audit_event"
        before = connection.execute(events).fetchone()
        answer = visitor.get("/worklist.csv?lead=us")
        assert answer.headers["content-type"].startswith("text/csv")
        assert "attachment" in answer.headers["content-disposition"]
        lines = list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff"))))
        shown = visitor.get("/worklist?lead=us").text
        assert f"<strong>{len(lines)}</strong> review" in shown
        assert {one["lead_code"] for one in lines} == {"RT1"}
        (ada,) = [one for one in lines if one["nhs_number"] == ADA.number]
        assert (ada["name"], ada["died"]) == (ADA.name, "2026-11-09")
        assert not any(one["nhs_number"] == DEV.number for one in lines)
        after = connection.execute(events).fetchone()
        assert before is not None
        assert after is not None
        assert after[0] >= before[0] + len(lines)


def test_only_the_pages_with_a_script_may_run_one(filled: FilledConsole) -> None:
    with filled.visitor() as visitor:
        visitor.sign_in("RT1")
        policy = visitor.get("/worklist").headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "script-src" not in visitor.get("/account").headers["content-security-policy"]
        text = visitor.get("/worklist").text
        assert text.count("<script") == 1
        assert '<script src="/assets/live.js?v=' in text
        assert " onclick" not in text


def test_the_script_makes_no_page_of_what_it_is_told() -> None:
    script = (Path(routes.__file__).parents[1] / "static" / "live.js").read_text()
    for unsafe in ("innerHTML", "eval(", "document.write", "insertAdjacentHTML"):
        assert unsafe not in script


def test_the_session_is_that_of_a_cookie_alone(filled: FilledConsole) -> None:
    with filled.visitor() as visitor:
        name = session_cookie(is_https=False).name
        visitor.http.cookies.set(name, "x" * 43)
        assert visitor.get("/worklist/table").status_code == 401
