"""Returns, used as a person would: read, taken away, published; actions; and what a board sees."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from nhs.london_time import london_date
from registry.returns.periods import Quarter
from tests.console.filled import FilledConsole
from tests.console.looking import Look, press_until, sign_in

DEATHS = Quarter.parse("2026-27-Q3")
"""The quarter in which the people of `filled` died."""
PRESENT = Quarter.containing(london_date(datetime.now(UTC)))
PAST = PRESENT.preceding


def spoken(quarter: Quarter) -> str:
    return quarter.spoken.replace("quarter", "Quarter", 1)


def events(database: str, subtype: str) -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT count(*) FROM registry.audit_event WHERE content LIKE %s", [f"%{subtype}%"]
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_every_page_of_a_return(filled: FilledConsole, window: BrowserContext, axe: str) -> None:
    page = window.new_page()
    look = Look(page, axe)
    sign_in(page, filled, f"/returns?period={DEATHS}")
    of = "Returns of Trust One:"
    quarter = "Quarter 3 of 2026/27 (October to December 2026)"
    look.at(f"{of} own version, not for publication {quarter}")
    expect(page.get_by_text("Not for comparison.")).to_be_visible()
    expect(page.get_by_role("heading", name="Figures", exact=True)).to_be_visible()
    assert page.locator(".return-document svg").count() >= 1
    page.get_by_label("Version").select_option("public")
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_text("Numbers from 1 to 7 are not shown")).to_be_visible()
    look.at(f"{of} public version {quarter}")
    expect(page.locator(".return-document svg")).to_have_count(0)
    page.goto(f"{filled.url}/returns?period=2025-26")
    look.at(f"{of} own version, not for publication Quality Account 2025/26")
    page.goto(f"{filled.url}/returns/publish?period={DEATHS}")
    look.at(f"Publish {quarter}")
    page.emulate_media(media="print")
    page.goto(f"{filled.url}/returns?period={DEATHS}")
    expect(page.get_by_role("button", name="Show it")).to_be_hidden()


def test_actions_are_recorded_changed_and_withdrawn(
    filled: FilledConsole, window: BrowserContext, axe: str
) -> None:
    page = window.new_page()
    look = Look(page, axe)
    sign_in(page, filled, f"/returns/actions?period={DEATHS}")
    page.get_by_role("button", name="Record it").click()
    heading = f"Actions learnt from {DEATHS.spoken}"
    look.at_error(heading)
    page.get_by_role("link", name="Say in words what was or will be done.").click()
    expect(page.locator("#action")).to_be_focused()
    page.keyboard.type("A second check of <b>oxygen</b> at night")
    press_until(page, "Tab", "Record it")
    page.keyboard.press("Enter")
    page.get_by_text("A second check of <b>oxygen</b> at night", exact=True).first.click()
    opened = page.locator("details[open]")
    opened.get_by_label("It was done", exact=True).check()
    opened.get_by_label("What it has changed").fill("Fewer nights without")
    opened.get_by_role("button", name="Change it").click()
    expect(page.locator("details[open]")).to_have_count(0)
    look.at(heading)
    filled.clock.now = datetime.now(UTC)
    page.get_by_role("link", name="Back to the return").click()
    expect(page.get_by_text("A second check of <b>oxygen</b> at night (taken)")).to_be_visible()
    expect(page.get_by_text("Fewer nights without")).to_be_visible()
    page.goto(f"{filled.url}/returns/actions?period={DEATHS}")
    page.get_by_text("A second check of <b>oxygen</b> at night", exact=True).first.click()
    page.locator("details[open]").get_by_role("button", name="Withdraw this action").click()
    expect(page.get_by_text("No action is recorded yet.")).to_be_visible()


def test_publishing_is_for_good_and_a_board_reads_the_public_version(
    filled: FilledConsole, chromium: Browser, axe: str
) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        look = Look(page, axe)
        sign_in(page, filled, f"/returns/publish?period={PRESENT}")
        page.get_by_role("button", name="Publish both versions").click()
        expect(page.get_by_role("alert")).to_contain_text("publish its return after that")
        look.at(f"Publish {spoken(PRESENT)}")
        page.goto(f"{filled.url}/returns/publish?period={PAST}")
        page.get_by_role("button", name="Publish both versions").click()
        expect(page.get_by_role("status")).to_contain_text("The return is published")
        page.get_by_role("link", name="Publication 1").click()
        expect(page.get_by_text("It is never changed.")).to_be_visible()
        look.at(f"Returns of Trust One: public version {spoken(PAST)}")
        own = page.url
        page.goto(f"{filled.url}/returns/publish?period={PAST}")
        page.get_by_role("button", name="Publish both versions").click()
        expect(page.get_by_role("alert")).to_contain_text("already")
    with chromium.new_context() as context:
        page = context.new_page()
        look = Look(page, axe)
        sign_in(page, filled, "/returns", "Board One (QX1)")
        look.at("Published returns")
        page.get_by_label("ODS code of the organisation").fill("rt1")
        page.get_by_role("button", name="Show what it published").click()
        page.get_by_role("link", name="publication 1").wait_for()
        look.at("Published returns")
        page.get_by_role("link", name="publication 1").click()
        expect(page.locator("h1")).to_contain_text(spoken(PAST))
        expect(page).to_have_url(own)
        expect(page.get_by_text("Numbers from 1 to 7 are not shown")).to_be_visible()
        page.goto(f"{filled.url}/returns?organisation=RT1,RT2")
        look.at_error("Published returns")
        expect(page.get_by_role("alert")).to_contain_text("Enter one ODS code")


def test_what_is_taken_away_is_what_the_page_shows_and_on_record(filled: FilledConsole) -> None:
    with filled.visitor() as visitor:
        visitor.sign_in("RT1")
        before = events(filled.database, "evaluate-measure") + events(filled.database, "Measure/")
        answers = {
            form: visitor.get(f"/returns/download?period={DEATHS}&version=own&form={form}")
            for form in ("csv", "html", "json")
        }
        for form, answer in answers.items():
            name = f"learning-from-deaths-RT1-{DEATHS}-own.{form}"
            assert f'filename="{name}"' in answer.headers["content-disposition"]
        assert "figure,label,number" in answers["csv"].text.replace("\ufeff", "")
        assert "<h1>" in answers["html"].text
        report = json.loads(answers["json"].text)
        assert report["resourceType"] == "MeasureReport"
        after = events(filled.database, "evaluate-measure") + events(filled.database, "Measure/")
        assert after > before


@pytest.mark.parametrize(
    "path",
    [
        "/returns?period=yesterday",
        "/returns?version=secret",
        "/returns?published=RT2-00000000-0000-0000-0000-000000000000",
        "/returns?published='",
        "/returns/download?form=exe",
        "/returns/actions?period=2026-27",
        "/returns/publish?period=",
    ],
)
def test_what_is_no_return_is_not_there(filled: FilledConsole, path: str) -> None:
    with filled.visitor() as visitor:
        visitor.sign_in("RT1")
        assert visitor.get(path).status_code == 404


def test_a_board_counts_no_return(filled: FilledConsole) -> None:
    with filled.visitor() as visitor:
        visitor.sign_in("QX1")
        assert visitor.get(f"/returns/download?period={DEATHS}&form=csv").status_code == 404
        for path in ("actions", "publish"):
            assert visitor.get(f"/returns/{path}?period={DEATHS}").status_code == 403
