"""The feed's pages, used as an integration team would: looked at, mended, released, tried."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from adapter.database import prepare
from adapter.integration import Integration
from console.feeds.routes import MAX_BYTES
from console.local_provider import claims
from postgres.embedded import EmbeddedServer
from tests.console.browsing import form_to
from tests.console.feed_filled import fill_traffic, keep
from tests.console.filled import FilledConsole, filled_console
from tests.console.looking import Look, press_until, sign_in
from tests.registry.conftest import new_database


@pytest.fixture(scope="module")
def filled(registry_server: EmbeddedServer) -> Iterator[FilledConsole]:
    with new_database(registry_server) as url:
        prepare(url)
        fill_traffic(url)
        with filled_console(url, Integration(url)) as console:
            yield console


def state(database: str, message_id: int) -> tuple[str, int, bytes | None]:
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT state, releases, corrected FROM adapter.inbox WHERE id = %s", [message_id]
        ).fetchone()
    assert row is not None
    return row


def on_record(database: str, value: str) -> list[str]:
    """The outcomes of the audit events that name a message."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT content::jsonb ->> 'outcome' FROM registry.audit_event"
            " WHERE content::jsonb @? ('$.entity[*].what.identifier ? (@.value == \"'"
            ' || %s || \'" && @.system like_regex "received-message$")\')::jsonpath ORDER BY 1',
            [value],
        ).fetchall()
    return [row[0] for row in rows]


def test_every_page_of_a_feed(filled: FilledConsole, window: BrowserContext, axe: str) -> None:
    first = keep(filled.database, "P", pid3="")
    page = window.new_page()
    look = Look(page, axe)
    sign_in(page, filled, "/feeds")
    look.at("Feeds and senders")
    expect(page.get_by_text("Silent", exact=True)).to_be_visible()
    expect(page.get_by_text("In the same hours of each of the last 4 weeks")).to_be_visible()
    page.get_by_text("These numbers as a table for RT1", exact=True).click()
    expect(page.get_by_role("table", name="Hours with messages, of the last 48")).to_be_visible()
    page.get_by_text("How a silent sender is noticed").click()
    look.at("Feeds and senders")
    page.get_by_role("link", name=f"Message {first}", exact=True).click()
    look.at(f"Message {first}")
    marked = page.locator(".feed-segments__line--marked")
    expect(marked).to_have_text("The segment that is wrong: PID|1||(empty field)")
    expect(page.locator(".feed-segments")).to_contain_text("<script>alert(1)</script>")
    page.get_by_label("Mend it").fill("nothing of HL7")
    page.get_by_role("button", name="Release what I wrote").click()
    look.at_error(f"Message {first}")
    page.get_by_role("link", name="The message can’t be released like this").click()
    expect(page.locator("#text")).to_be_focused()
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # pyright: ignore[reportOptionalSubscript]


def test_a_message_is_mended_and_released_by_keyboard(
    filled: FilledConsole, chromium: Browser
) -> None:
    message_id = keep(filled.database, "K1", pid3="")
    with chromium.new_context() as context:
        page = context.new_page()
        sign_in(page, filled, f"/feeds/messages/{message_id}")
        press_until(page, "Tab", "EVN|A03")
        page.keyboard.press("Control+Home")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("End")
        page.keyboard.press("ArrowLeft")  # before the last separator: PID-3
        page.keyboard.type("4711^^^RT1^MR")
        press_until(page, "Tab", "Release what I wrote")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Feeds and senders").wait_for()
        expect(page.get_by_role("link", name=f"Message {message_id}", exact=True)).to_have_count(0)
    found, releases, corrected = state(filled.database, message_id)
    assert (found, releases) == ("received", 1)
    assert corrected is not None
    assert b"4711^^^RT1^MR" in corrected
    assert on_record(filled.database, str(message_id)) == ["0", "0"]


def test_a_site_file_is_tried_and_applied(
    filled: FilledConsole, window: BrowserContext, axe: str
) -> None:
    message_id = keep(filled.database, "S")
    page = window.new_page()
    look = Look(page, axe)
    sign_in(page, filled, "/feeds/site-file")
    look.at("Try a site file")
    page.get_by_label("The whole site file (YAML)").fill("time-zone: Nowhere/None")
    page.get_by_role("button", name="See what it would change").click()
    look.at_error("Try a site file")
    expect(page.get_by_role("alert")).to_contain_text("The site file can’t be used. Line 1")
    page.get_by_label("The whole site file (YAML)").fill("nhs-number-in-pid-2: always\n")
    page.get_by_role("button", name="See what it would change").click()
    look.at("What the site file would change")
    row = page.get_by_role("row").filter(has_text=f"Message {message_id} ")
    expect(row).to_contain_text("Waits: PID-3 is empty.")
    expect(row).to_contain_text("Goes on")
    expect(row).to_contain_text("1 Patient")
    assert state(filled.database, message_id)[0] == "quarantined"
    page.get_by_role("button", name="Convert").click()
    look.at("The messages are on their way")
    assert state(filled.database, message_id)[0] == "converted"


def test_another_trust_sees_nothing_of_it(filled: FilledConsole) -> None:
    message_id = keep(filled.database, "X1")
    with filled.visitor() as own, filled.visitor() as other:
        page = own.sign_in("RT1", f"/feeds/messages/{message_id}")
        assert page.status_code == 200
        other.sign_in("RT2")
        assert f"/feeds/messages/{message_id}" not in other.get("/feeds").text
        shown = other.get(f"/feeds/messages/{message_id}")
        assert shown.status_code == 404
        assert "NK1" not in shown.text
        fields = {**form_to_release(page), **token_of(other.get("/feeds/site-file"))}
        assert (
            other.http.post(f"/feeds/messages/{message_id}/release", data=fields).status_code == 404
        )
    assert state(filled.database, message_id)[:2] == ("quarantined", 0)


def form_to_release(page: httpx.Response) -> dict[str, str]:
    return {"shown": page.text.split('name="shown" value="')[1].split('"')[0]}


def token_of(page: httpx.Response) -> dict[str, str]:
    return {"csrf_token": form_to(page, "/feeds/site-file").fields["csrf_token"]}


@pytest.mark.parametrize(("code", "status"), [("QX1", 403), ("RME", 200)])
def test_the_feed_is_for_those_who_look_after_one(
    filled: FilledConsole, code: str, status: int
) -> None:
    with filled.visitor() as visitor:
        visitor.sign_in(code)
        for path in ("/feeds", "/feeds/site-file"):
            assert visitor.http.get(path, headers={"Accept": "text/html"}).status_code == status
        assert ('href="/feeds"' in visitor.get("/worklist").text) == (status == 200)


def test_without_the_permission_there_is_no_feed(
    filled: FilledConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "ROLES", claims.ROLES[:1])
    message_id = keep(filled.database, "N1")
    with filled.visitor() as visitor:
        visitor.sign_in("RT1")
        for path in ("/feeds", "/feeds/site-file", f"/feeds/messages/{message_id}"):
            answer = visitor.http.get(path, headers={"Accept": "text/html"})
            assert answer.status_code == 403
            assert "NK1" not in answer.text
        token = {"csrf_token": form_to(visitor.get("/worklist"), "/sign-out").fields["csrf_token"]}
        for path in (f"messages/{message_id}/release", "site-file", "site-file/apply"):
            assert visitor.http.post(f"/feeds/{path}", data=token).status_code == 403
    assert on_record(filled.database, str(message_id)) == []


def test_what_was_mended_meanwhile_is_not_overwritten(filled: FilledConsole) -> None:
    message_id = keep(filled.database, "M1")
    with filled.visitor() as visitor:
        page = visitor.sign_in("RT1", f"/feeds/messages/{message_id}")
        fields = {**form_to_release(page), **token_of(visitor.get("/feeds/site-file"))}
        with psycopg.connect(filled.database) as connection:
            connection.execute(
                "UPDATE adapter.inbox SET corrected = raw || 'ZZZ|1' WHERE id = %s", [message_id]
            )
        address = f"/feeds/messages/{message_id}/release"
        assert visitor.http.post(address, data=fields).status_code == 409
        too_long = {**fields, "text": "x" * MAX_BYTES}
        assert visitor.http.post(address, data=too_long).status_code == 403
    assert state(filled.database, message_id)[:2] == ("quarantined", 0)
    assert on_record(filled.database, str(message_id)) == ["0", "4"]


def test_what_was_not_tried_is_not_applied(filled: FilledConsole) -> None:
    message_id = keep(filled.database, "A")
    with filled.visitor() as visitor:
        page = visitor.sign_in("RT1", "/feeds/site-file")
        fields = {**form_to(page, "/feeds/site-file").fields, "content": "", "digest": "0"}
        answer = visitor.http.post("/feeds/site-file/apply", data=fields)
    assert answer.status_code == 409
    assert "Nothing was released" in answer.text
    assert state(filled.database, message_id)[:2] == ("quarantined", 0)


def test_pages_of_a_long_quarantine(filled: FilledConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.feeds.routes.PAGE_SIZE", 2)
    ids = [keep(filled.database, f"L{n}", "RT2") for n in range(3)]
    with filled.visitor() as visitor:
        first = visitor.sign_in("RT2", "/feeds").text
        assert [f"Message {one}<" in first for one in ids] == [True, True, False]
        assert f'href="/feeds?after={ids[1]}#waiting"' in first
        second = visitor.get(f"/feeds?after={ids[1]}").text
        assert [f"Message {one}<" in second for one in ids] == [False, False, True]
        assert visitor.get("/feeds?after=x").text.count("Message ") == first.count("Message ")
        assert visitor.get(f"/feeds/messages/{2**70}").status_code == 404
