"""`lfd up` and `lfd registry` as people start them: with a local sign-in, another's, or none."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from lfd.arguments import parser
from lfd.console import console_settings
from lfd.failure import Failure
from lfd.keys import private_key
from tests.console.browsing import Visitor, query
from tests.end_to_end.exchange import DIRECTORY, Exchange, free_port, lfd

ISSUER = ["--oidc-issuer", "https://cis2.example"]
PATIENCE = 60.0


@contextmanager
def up(folder: Path, *options: str) -> Generator[Exchange]:
    running = Exchange(folder / "data", options)
    running.start()
    try:
        yield running
    finally:
        assert running.stop() == 0, running.log()


def test_on_a_laptop_one_choice_leads_in(tmp_path: Path) -> None:
    with up(tmp_path) as running, Visitor(httpx.Client(base_url=running.url)) as visitor:
        empty = visitor.open("/")
        assert "The directory has no organisation yet" in empty.text
        directory = tmp_path / "organisations.csv"
        directory.write_text(DIRECTORY)
        lfd("organisation", "load", str(directory), "--data", str(running.data))
        asked = query(visitor.get("/sign-in").headers["location"])
        assert asked["redirect_uri"] == f"{running.url}/sign-in/callback"
        assert asked["code_challenge_method"] == "S256"
        assert {len(asked[name]) for name in ("state", "nonce", "code_challenge")} == {43}
        page = visitor.sign_in("RT1")
        assert "You are working for <strong>Trust One</strong> (RT1)" in page.text
        # The API and the probes are where they were, and answer as before.
        assert httpx.get(f"{running.url}/fhir/metadata").status_code == 200
        assert httpx.get(f"{running.url}/fhir/Task").status_code == 401
        assert httpx.get(f"{running.url}/healthz").json() == {"alive": True}
        assert httpx.get(f"{running.url}/nowhere").json() == {"error": "Not Found"}
        secret = visitor.session()
        lines = httpx.get(f"{running.url}/metrics").text + running.log()
        assert secret not in lines
        assert "Robin" not in lines


@contextmanager
def registry(database: str, folder: Path, *options: str) -> Generator[str]:
    url = f"127.0.0.1:{free_port()}"
    words = [sys.executable, "-m", "lfd", "registry", "--database", database, "--http", url]
    with (folder / "registry.log").open("wb") as log:
        running = subprocess.Popen([*words, *options], stdout=log, stderr=log)
    try:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert running.poll() is None, (folder / "registry.log").read_text()
            try:
                if httpx.get(f"http://{url}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        yield f"http://{url}"
    finally:
        running.terminate()
        assert running.wait(PATIENCE) == 0


def test_a_registry_never_offers_the_local_sign_in(database_url: str, tmp_path: Path) -> None:
    with registry(database_url, tmp_path) as url:
        for path in ("/", "/sign-in", "/local-sign-in/.well-known/openid-configuration"):
            assert httpx.get(url + path).status_code == 404


def options_of(folder: Path) -> list[str]:
    private_key(folder / "console.pem")
    return [*ISSUER, "--oidc-client-id", "us", "--oidc-client-key", str(folder / "console.pem")]


def test_a_registry_with_a_provider_starts_whether_that_answers_or_not(
    database_url: str, tmp_path: Path
) -> None:
    issuer = f"http://127.0.0.1:{free_port()}"
    options = [*options_of(tmp_path), "--oidc-issuer", issuer]
    with registry(database_url, tmp_path, *options) as url:
        assert httpx.get(f"{url}/").headers["location"] == "/sign-in"
        told = httpx.get(f"{url}/sign-in")
        assert told.status_code == 503
        assert "You can’t sign in now" in told.text
        assert httpx.get(f"{url}/local-sign-in/jwks").status_code == 404


def test_with_a_provider_of_its_own_lfd_up_has_no_local_sign_in(tmp_path: Path) -> None:
    issuer = f"http://127.0.0.1:{free_port()}"
    with up(tmp_path, *options_of(tmp_path), "--oidc-issuer", issuer) as running:
        assert httpx.get(f"{running.url}/local-sign-in/jwks").status_code == 404
        assert httpx.get(f"{running.url}/sign-in").status_code == 503


def test_where_others_could_reach_it_lfd_up_has_no_local_sign_in(tmp_path: Path) -> None:
    running = Exchange(tmp_path / "data")
    port = running.http.rpartition(":")[2]
    running.options = ["--http", f"0.0.0.0:{port}"]
    running.start()
    try:
        for path in ("/", "/sign-in", "/local-sign-in/jwks"):
            assert httpx.get(running.url + path).status_code == 404
        assert "console" not in running.log()
    finally:
        assert running.stop() == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--oidc-client-id", "us"], "--oidc-client-id needs --oidc-issuer"),
        (["--oidc-client-secret", "x"], "--oidc-client-secret needs --oidc-issuer"),
        (ISSUER, "needs --oidc-client-id"),
        ([*ISSUER, "--oidc-client-id", "us"], "--oidc-client-key or --oidc-client-secret"),
        ([*ISSUER, "--oidc-client-id", "us", "--oidc-client-key", "absent.pem"], "absent.pem: No"),
        ([*ISSUER, "--oidc-client-id", "us", "--oidc-client-key", "empty"], "empty is empty"),
        ([*ISSUER, "--oidc-client-id", "us", "--oidc-client-key", "text"], "text: expected a priv"),
        ([*ISSUER, "--oidc-client-id", "us", "--oidc-client-secret", "text", "--oidc-roles", "x"],
         "x: No such file"),
        ([*ISSUER, "--oidc-client-id", "us", "--oidc-client-secret", "text", "--oidc-roles",
          "text"], "text: the file: expected names"),
        (["--oidc-issuer", "http://cis2.example", "--oidc-client-id", "us", "--oidc-client-secret",
          "text"], "must begin with https://"),
    ],
)  # fmt: skip
def test_options_that_do_not_go_together_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").touch()
    Path("text").write_text("no key")
    chosen = parser().parse_args(["registry", "--database", "postgresql:///none", *words])
    with pytest.raises(Failure) as error:
        console_settings(chosen, "postgresql:///none", "https://registry.example")
    assert said in str(error.value)
    assert "no key" not in str(error.value)


@pytest.mark.parametrize("address", ["http://registry.example", "https://registry.example/lfd"])
def test_an_address_where_cookies_are_not_safe_is_refused(tmp_path: Path, address: str) -> None:
    words = ["registry", "--database", "postgresql:///none", *options_of(tmp_path)]
    with pytest.raises(Failure, match="--public-url"):
        console_settings(parser().parse_args(words), "postgresql:///none", address)


@pytest.mark.parametrize("option", ["--session-idle-minutes", "--session-hours"])
@pytest.mark.parametrize("value", ["0", "-1", "1000", "soon"])
def test_sessions_have_a_bound(option: str, value: str) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["registry", "--database", "postgresql:///none", option, value])
