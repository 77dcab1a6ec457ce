"""The options of the national feed."""

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc.jwk import RSAKey

from lfd.arguments import parser
from lfd.failure import Failure
from lfd.national import national_settings
from registry.national.schedule import DAILY, SWEEP
from registry.national.settings import NationalSettings

PDS = "https://platform.example/personal-demographics/FHIR/R4"


@pytest.fixture
def folder(tmp_path: Path, application_key: RSAKey) -> Path:
    (tmp_path / "key.pem").write_bytes(application_key.as_pem(private=True))
    (tmp_path / "public.pem").write_bytes(application_key.as_pem(private=False))
    (tmp_path / "password").write_text("pass word\n")
    (tmp_path / "shared").write_text("shared by all\n")
    return tmp_path


def settings(*words: str) -> NationalSettings | None:
    chosen = parser().parse_args(["registry", "--database", "postgresql://db/lfd", *words])
    return national_settings(chosen)


def pds(folder: Path, **said: str) -> list[str]:
    usual = {
        "pds-url": f"{PDS}/",
        "pds-token-url": "https://platform.example/oauth2/token",
        "pds-client": "api-key",
        "pds-key": str(folder / "key.pem"),
        "pds-key-id": "kid-1",
    }
    named = {**usual, **{name.replace("_", "-"): value for name, value in said.items()}}
    return [word for name, value in named.items() for word in (f"--{name}", value)]


def mesh(folder: Path) -> list[str]:
    return [
        *("--mesh-url", "https://msg.example", "--mesh-mailbox", "LFDOT001"),
        *("--mesh-password", str(folder / "password")),
        *("--mesh-shared-key", str(folder / "shared")),
    ]


def test_lfd_up_takes_the_same_options(folder: Path) -> None:
    words = [*pds(folder), "--pds-poll", "daily", *mesh(folder)]
    assert national_settings(parser().parse_args(["up", *words])) == settings(*words)
    assert national_settings(parser().parse_args(["up"])) is None


def test_there_is_no_feed_unless_it_is_asked_for() -> None:
    assert settings() is None


def test_what_is_said_is_what_is_done(folder: Path) -> None:
    found = settings(*pds(folder), "--pds-poll", "daily", *mesh(folder))
    assert found is not None
    assert (found.demographics_url, found.per_second, found.flags_url) == (PDS, 5, None)
    assert found.pace == DAILY
    assert found.mailbox is not None
    assert (found.mailbox.password, found.mailbox.shared_key) == ("pass word", b"shared by all")
    swept = settings(*pds(folder), "--pds-poll", "sweep", "--pds-rate", "25")
    assert swept is not None
    assert (swept.pace, swept.per_second, swept.mailbox) == (SWEEP, 25, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pds_url": "http://platform.example"}, "--pds-url: an https address"),
        ({"pds_url": "platform.example"}, "--pds-url: an https address"),
        ({"pds_token_url": "http://platform.example/token"}, "--pds-token-url"),
        ({"flags_url": "ftp://127.0.0.1"}, "--flags-url"),
        ({"pds_key": "nowhere.pem"}, "--pds-key nowhere.pem"),
    ],
)
def test_what_cannot_be_used_is_said(folder: Path, change: dict[str, str], said: str) -> None:
    with pytest.raises(Failure, match=said):
        settings(*pds(folder, **change))


def test_a_public_key_cannot_sign(folder: Path) -> None:
    with pytest.raises(Failure, match="private key is needed"):
        settings(*pds(folder, pds_key=str(folder / "public.pem")))


def test_this_machine_may_be_spoken_to_without_tls(folder: Path) -> None:
    found = settings(*pds(folder, pds_url="http://127.0.0.1:8090/pds"))
    assert found is not None
    assert found.demographics_url == "http://127.0.0.1:8090/pds"


def test_what_belongs_together_is_wanted_together(folder: Path) -> None:
    with pytest.raises(Failure, match="--pds-url needs --pds-token-url, --pds-client"):
        settings("--pds-url", PDS)
    with pytest.raises(Failure, match="--pds-poll: without --pds-url"):
        settings("--pds-poll", "daily")
    with pytest.raises(Failure, match="--mesh-mailbox: without --mesh-url"):
        settings(*pds(folder), "--mesh-mailbox", "LFDOT001")
    with pytest.raises(Failure, match="--mesh-url needs --mesh-password"):
        settings(*pds(folder), *mesh(folder)[:4])
    with pytest.raises(Failure, match="belong together"):
        settings(*pds(folder), *mesh(folder), "--mesh-cert", "client.pem")
