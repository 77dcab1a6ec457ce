"""How subscriptions stand: in words, and on the page of those who look after a feed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import BrowserContext, expect

from adapter.database import prepare
from adapter.integration import Integration
from console.feeds.subscriptions import in_words, is_ill, standing
from postgres.embedded import EmbeddedServer
from registry.subscriptions.health import Health, destination
from registry.subscriptions.progress import Status
from tests.console.browsing import Visitor
from tests.console.filled import FilledConsole, filled_console
from tests.console.looking import Look
from tests.console.subscribed import every_state
from tests.registry.conftest import new_database

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def health(status: Status = "active", error: str | None = None, **said: object) -> Health:
    values: dict[str, object] = {
        "subscription_id": "1",
        "client": "ours",
        "topic": "Review proposed",
        "destination": "told.example",
        "status": status,
        "error": error,
        "events": 0,
        "delivered": 0,
        "failures": 0,
        "failing_since": None,
        "next_at": NOW,
        "contacted_at": None,
        "created_at": NOW,
        "ends_at": None,
        "oldest_waiting": None,
        **said,
    }
    return Health(**values)  # pyright: ignore[reportArgumentType] - the fields are those above


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        ("https://told.example/secret?key=1", "told.example"),
        ("https://user:password@told.example:8443/x", "told.example:8443"),
        ("mesh:X26ABC1", "MESH mailbox X26ABC1"),
        ("https://[broken", "not an address"),
        ("https://told.example:port/", "not an address"),
        ("", "not an address"),
    ],
)
def test_only_the_host_of_an_endpoint_is_shown(endpoint: str, shown: str) -> None:
    assert destination(endpoint) == shown


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("HTTP 401", "The endpoint answered with HTTP 401: it does not let us in."),
        ("HTTP 302", "The endpoint answered with HTTP 302: it points elsewhere, and redirects are "
         "not followed."),
        ("HTTP 418", "The endpoint answered with HTTP 418."),
        ("HTTP 503", "The endpoint answered with HTTP 503: it has a fault of its own."),
        ("no answer in 10 seconds", "The endpoint did not answer within 10 seconds."),
        ("no answer (ConnectError)", "The endpoint could not be reached (ConnectError)."),
        ("its host is not on the list", "Its host is not on the list."),
    ],
)  # fmt: skip
def test_a_failure_is_told_in_words(error: str, said: str) -> None:
    assert in_words(error) == said


def test_what_is_well_needs_nothing_done() -> None:
    one = standing(health(events=4, delivered=4), NOW)
    assert (one.label, one.colour, one.advice, one.waiting) == ("Up to date", "green", "", "None")
    sending = standing(
        health(events=4, delivered=1, oldest_waiting=NOW - timedelta(minutes=5)), NOW
    )
    assert (sending.label, sending.waiting) == ("Sending", "3, the oldest for 5 minutes")
    unseen = standing(health(events=4, delivered=1), NOW)
    assert unseen.waiting == "3"


def test_off_says_whether_that_was_meant() -> None:
    ended = standing(health("off", ends_at=NOW - timedelta(days=1)), NOW)
    stopped = standing(health("off"), NOW)
    removed = standing(health("off", "The client is no longer registered as it was."), NOW)
    assert ended.why == "It ended on 20 November 2026, 12:00, as its client had asked."
    assert stopped.why == "Its client has stopped it."
    assert [one.colour for one in (ended, stopped, removed)] == ["grey", "grey", "red"]
    assert {one.waiting for one in (ended, stopped, removed)} == {"Nothing is sent any more"}


@given(
    st.sampled_from(["requested", "active", "error", "off"]),
    st.none() | st.sampled_from(["HTTP 403", "HTTP 599", "no answer (OSError)", "anything"]),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_whatever_is_ill_says_what_to_do(
    status: Status, error: str | None, failures: int, waiting: int
) -> None:
    one = standing(health(status, error, failures=failures, events=waiting), NOW)
    assert one.why
    assert not is_ill(one) or one.advice
    assert is_ill(one) or status != "error"


@pytest.fixture(scope="module")
def filled(registry_server: EmbeddedServer) -> Iterator[FilledConsole]:
    with new_database(registry_server) as url:
        prepare(url)
        with filled_console(url, Integration(url)) as console:
            every_state(url)
            yield console


def test_every_state_on_the_page(filled: FilledConsole, window: BrowserContext, axe: str) -> None:
    page = window.new_page()
    look = Look(page, axe)
    page.goto(f"{filled.url}/feeds")
    page.get_by_role("button", name="Trust One (RT1)").click()
    look.at("Feeds and senders")
    page.get_by_role("link", name="A subscription of your organisation needs somebody").click()
    trying = page.get_by_role("region", name="Review proposed: dashboard.example:8443")
    expect(trying).to_contain_text("Trying again")
    expect(trying).to_contain_text("Sending has failed 12 times in a row since")
    expect(trying).to_contain_text("Number 4")
    expect(trying).to_contain_text("3, the oldest for 5 hours")
    expect(trying).to_contain_text("HTTP 401: it does not let us in.")
    expect(trying).to_contain_text("Check the headers that the subscription sends")
    stopped = page.get_by_role("region", name="Review proposed: archive.example:8443")
    expect(stopped).to_contain_text("Stopped by an error")
    expect(page.get_by_text("MESH mailbox X26ABC1")).to_be_visible()
    expect(page.locator("section.feed")).to_have_count(6)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # pyright: ignore[reportOptionalSubscript] - it has one


def test_nobody_else_sees_them_and_no_secret_is_shown(filled: FilledConsole) -> None:
    with filled.visitor() as own, filled.visitor() as other, filled.visitor() as board:
        shown = own.sign_in("RT1", "/feeds").text
        assert "only-the-endpoint-knows" not in shown
        assert "hidden-in-the-path" not in shown
        assert "neighbour.example" not in shown
        theirs = other.sign_in("RT2", "/feeds").text
        assert "neighbour.example" in theirs
        assert "dashboard.example" not in theirs
        board.sign_in("QX1")  # whose people look after no feed
        assert board.http.get("/feeds", headers={"Accept": "text/html"}).status_code == 403


def test_that_it_was_looked_at_is_on_record(filled: FilledConsole) -> None:
    asked = (
        "SELECT count(*) FROM registry.audit_event WHERE organisation = 'RT1'"
        " AND content LIKE '%\"Subscription\"%'"
    )
    with filled.visitor() as visitor, psycopg.connect(filled.database) as connection:
        visitor.sign_in("RT1")
        before = connection.execute(asked).fetchone()
        visitor.get("/feeds")
        after = connection.execute(asked).fetchone()
    assert before is not None
    assert after == (before[0] + 1,)


def test_a_console_without_an_adapter_says_so_and_where_there_is_none(visitor: Visitor) -> None:
    page = visitor.sign_in("RT1", "/feeds")
    assert page.status_code == 200
    assert "runs elsewhere" in page.text
    assert "Your organisation has none." in page.text
    refused = visitor.http.get("/feeds/site-file", headers={"Accept": "text/html"})
    assert refused.status_code == 404
    assert "No feed is served here" in refused.text
