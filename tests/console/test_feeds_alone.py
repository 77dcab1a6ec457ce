"""The feeds pages beside an adapter, with the registry elsewhere: `lfd feeds`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from playwright.sync_api import BrowserContext, expect

from adapter.database import prepare
from adapter.integration import Integration
from postgres.embedded import EmbeddedServer
from tests.console.conftest import Local
from tests.console.feed_filled import fill_traffic, keep
from tests.console.looking import Look
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
from tests.end_to_end.exchange import free_port
from tests.registry.conftest import new_database

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def alone(registry_server: EmbeddedServer) -> Iterator[Local]:
    with new_database(registry_server) as url:
        prepare(url)
        fill_traffic(url)
        fill_directory(url)
        clock, bound = Clock(), bound_socket()
        provider = local_provider(address(bound), clock)
        settings = settings_for(url, address(bound), provider.settings)
        app = console_app(settings, clock, provider.routes, Integration(url), feeds_alone=True)
        with serving(app, bound) as served:
            yield Local(served, settings, clock)


def test_a_message_is_found_and_released(alone: Local, window: BrowserContext, axe: str) -> None:
    message_id = keep(alone.database, "alone")
    page = window.new_page()
    look = Look(page, axe)
    page.goto(alone.url)
    page.get_by_role("button", name="Trust One (RT1)").click()
    look.at("Feeds and senders")
    menu = page.get_by_role("navigation", name="Menu")
    assert menu.get_by_role("link").all_inner_texts() == ["Feeds"]
    expect(page.get_by_text("is shown in the registry’s own console.")).to_be_visible()
    page.get_by_role("link", name=f"Message {message_id}", exact=True).click()
    look.at(f"Message {message_id}")
    page.get_by_role("button", name="Release it as it is").click()
    look.at("Feeds and senders")
    with psycopg.connect(alone.database) as connection:
        state = connection.execute(
            "SELECT state FROM adapter.inbox WHERE id = %s", [message_id]
        ).fetchone()
        acts = connection.execute(
            "SELECT count(*) FROM registry.audit_event WHERE organisation = 'RT1'"
            " AND content LIKE %s",
            [f'%received-message","value":"{message_id}"%'],
        ).fetchone()
    assert state == ("received",)
    assert acts == (2,)  # shown, released


def test_there_is_nothing_of_the_registry(alone: Local) -> None:
    with alone.visitor() as visitor:
        visitor.sign_in("RT1")
        for path in ("/worklist", "/cohorts", "/returns", "/find", "/fhir/metadata", "/fhir/Task"):
            assert visitor.http.get(path, headers=HTML).status_code == 404, path
        assert visitor.get("/account").status_code == 200
        assert visitor.get("/").headers["location"] == "/feeds"


def test_who_looks_after_no_feed_sees_none(alone: Local) -> None:
    with alone.visitor() as visitor:
        page = visitor.sign_in("QX1")
        assert page.status_code == 403
        shown = visitor.http.get("/feeds", headers=HTML)
        assert shown.status_code == 403
        assert 'href="/feeds"' not in shown.text


WORDS = [sys.executable, "-m", "lfd", "feeds"]


def test_nobody_sees_messages_without_signing_in() -> None:
    words = [*WORDS, "--database", "postgresql://localhost:1/nowhere"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "lfd: lfd feeds needs --oidc-issuer: the identity provider that signs people in\n"
    )


def test_the_command_serves_the_pages_until_it_is_told_to_stop(
    registry_server: EmbeddedServer, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of-the-console")
    with new_database(registry_server) as database:
        where = f"127.0.0.1:{free_port()}"
        words = [
            *WORDS, "--database", database, "--http", where,
            "--oidc-issuer", "http://127.0.0.1:1", "--oidc-client-id", "feeds",
            "--oidc-client-secret", str(secret),
        ]  # fmt: skip
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
            try:
                assert running.stdout is not None
                assert running.stdout.readline() == f"feeds ready at http://{where}\n"
                with httpx.Client(base_url=f"http://{where}") as http:
                    assert http.get("/readyz").json()["ready"]
                    assert http.get("/feeds").headers["location"] == "/sign-in?return_to=%2Ffeeds"
                    assert http.get("/sign-in").status_code == 503  # nobody is at the provider's
                    assert http.get("/fhir/metadata").status_code == 404
            finally:
                running.terminate()
            assert running.wait(60) == 0
