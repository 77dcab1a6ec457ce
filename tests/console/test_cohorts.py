"""Cohorts, used as people of several organisations would: proposed, agreed to, taken away."""

from __future__ import annotations

from pathlib import Path

import orjson
import psycopg
from playwright.sync_api import Browser, BrowserContext, expect

from tests.console.browsing import Visitor, form_to
from tests.console.filled import FilledConsole
from tests.console.looking import Look, press_until, sign_in

TRUST_TWO = "Trust <b>Two</b> & Sons (RT2)"


def shown_on_record(database: str) -> int:
    """How many audit events tell of somebody whose Group was shown."""
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT count(*) FROM registry.audit_event"
            " WHERE person IS NOT NULL AND content LIKE '%Group/%'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def propose(visitor: Visitor, name: str, others: str, **more: str) -> str:
    """Proposes a cohort of November without a browser; returns its address."""
    said = {"name": name, "month": "2026-11", "organisations": others, **more}
    check = visitor.send(visitor.get("/cohorts/new"), "/cohorts/new", None, **said)
    assert check.status_code == 200, check.text
    made = visitor.send(check, "/cohorts/new", confirmed="yes")
    assert made.status_code == 303
    return made.headers["location"].partition("?")[0]


def test_from_the_proposal_to_the_files(
    filled: FilledConsole, window: BrowserContext, axe: str, tmp_path: Path
) -> None:
    page = window.new_page()
    look = Look(page, axe)
    sign_in(page, filled, "/cohorts")
    look.at("Cohorts")
    page.get_by_role("link", name="Propose a cohort").click()
    look.at("Propose a cohort")
    page.get_by_role("button", name="Go on").click()
    look.at_error("Propose a cohort")
    page.get_by_role("link", name="Select the month in which people died").click()
    expect(page.locator("#month")).to_be_focused()
    name = f"November, two trusts, {page.viewport_size['width']}"  # pyright: ignore[reportOptionalSubscript] - it has one
    page.get_by_label("Name of the cohort").fill(name)
    page.get_by_label("Month in which people died").select_option("November 2026")
    page.get_by_label("Which other organisations").fill("RT9")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="There is no organisation with the code RT9").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("rt2")
    page.get_by_role("button", name="Go on").click()
    look.at("Check before you propose it")
    expect(page.get_by_text(TRUST_TWO)).to_be_visible()
    page.get_by_role("button", name="Change something").click()
    expect(page.get_by_label("Name of the cohort")).to_have_value(name)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Propose it").click()
    look.at(f"Cohort {name}")
    expect(page.get_by_role("alert")).to_contain_text("The cohort is proposed.")
    expect(page.get_by_text("Waits for others")).to_be_visible()
    expect(page.get_by_role("button", name="Make an export")).to_have_count(0)
    _agree(filled, page.url.partition("?")[0].removeprefix(filled.url))
    before = shown_on_record(filled.database)
    page.goto(page.url.partition("?")[0])
    look.at(f"Cohort {name}")
    # Ada, Bram, Cora, Dev, and three of one test each.
    expect(page.get_by_text("7 deaths are in it now.")).to_be_visible()
    assert shown_on_record(filled.database) == before
    page.get_by_role("button", name="Make an export").click()
    page.get_by_role("link", name="Patient", exact=True).wait_for()
    look.at(f"Cohort {name}")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Patient", exact=True).click()
    path = tmp_path / "patients.ndjson"
    waiting.value.save_as(path)
    patients = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert {one["resourceType"] for one in patients} == {"Patient"}
    assert len(patients) == 7
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Make an export")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Take no part any more").click()
    look.at(f"{name} Take no part")
    page.get_by_role("button", name="Take no part any more").click()
    look.at(f"Cohort {name}")
    expect(page.get_by_text("All exports of it are gone.")).to_be_visible()
    expect(page.get_by_role("link", name="Patient", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Back to the cohorts").click()
    look.at("Cohorts")


def _agree(filled: FilledConsole, address: str) -> None:
    with filled.visitor() as other:
        shown = other.sign_in("RT2", address)
        done = other.send(shown, "/agree")
        assert done.status_code == 303
        assert "Your organisation has agreed." in other.follow(done).text


def test_who_is_asked_is_told_and_agrees_by_keyboard(
    filled: FilledConsole, window: BrowserContext, axe: str
) -> None:
    with filled.visitor() as visitor:
        visitor.sign_in("RT2")
        name = f"A share, for {window.new_page().viewport_size}"
        address = propose(
            visitor, name, "RT1", sample="percent", percent="50", seed="agreed in October"
        )
    page = window.new_page()
    look = Look(page, axe)
    sign_in(page, filled, "/cohorts")
    look.at("Cohorts")
    expect(page.get_by_text("for your organisation’s answer")).to_be_visible()
    page.goto(f"{filled.url}{address}")
    look.at(f"Cohort {name}")
    page.get_by_text("How to draw it again").click()
    expect(page.get_by_text("agreed in October")).to_be_visible()
    press_until(page, "Shift+Tab", "Agree to take part")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Agreed by all")).to_be_visible()
    look.at(f"Cohort {name}")


def test_without_script_an_export_is_made_and_removed(
    filled: FilledConsole, chromium: Browser
) -> None:
    with filled.visitor() as visitor, chromium.new_context(java_script_enabled=False) as context:
        visitor.sign_in("RT1")
        address = propose(visitor, "Ours alone", "")
        page = context.new_page()
        sign_in(page, filled, address)
        page.get_by_role("button", name="Make an export").click()
        files = page.get_by_role("link", name="Task", exact=True)
        again = page.get_by_role("link", name="Look again")
        expect(files.or_(again)).to_have_count(1)
        while again.count():
            again.click()
            page.reload()
            expect(files.or_(again)).to_have_count(1)
        expect(files).to_have_count(1)
        page.get_by_role("button", name="Remove it").click()
        expect(page.get_by_text("The export is gone, with its files.")).to_be_visible()
        expect(files).to_have_count(0)


def test_nobody_else_sees_a_cohort_its_exports_or_its_files(filled: FilledConsole) -> None:
    with filled.visitor() as own, filled.visitor() as other:
        own.sign_in("RT1")
        address = propose(own, "Not for others", "")
        asked = own.follow(own.send(own.get(address), "/export"))
        other.sign_in("RT2")
        assert "Not for others" not in other.get("/cohorts").text
        assert other.http.get(address, headers={"Accept": "text/html"}).status_code == 404
        token = {"csrf_token": form_to(other.get("/account"), "/sign-out").fields["csrf_token"]}
        export = form_to(asked, "/remove")
        path = export.action.removesuffix("/remove")
        assert other.get(f"{path}/files/1").status_code == 404
        refused = other.http.post(export.action, data={**export.fields, **token})
        assert refused.status_code == 404
        changes = (own.get(f"{address}/exports/changes"), other.get(f"{address}/exports/changes"))
        assert changes[0].json() != changes[1].json()
        assert other.get(f"{address}/exports").status_code == 404
        own_deaths = own.http.get("/cohorts/RT1", headers={"Accept": "text/html"})
        assert own_deaths.status_code == 404
    with filled.visitor() as nobody:
        assert nobody.get(f"{address}/exports/changes").status_code == 401


def test_what_is_sent_twice_is_done_once(filled: FilledConsole) -> None:
    with filled.visitor() as visitor:
        visitor.sign_in("RT1")
        said = {"name": "Once", "month": "2026-11", "organisations": ""}
        check = visitor.send(visitor.get("/cohorts/new"), "/cohorts/new", None, **said)
        both = [visitor.send(check, "/cohorts/new", confirmed="yes") for _ in range(2)]
        assert both[0].headers["location"] == both[1].headers["location"]
        assert visitor.get("/cohorts").text.count(">Once<") == 1
