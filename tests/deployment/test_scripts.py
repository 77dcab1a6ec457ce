"""The two scripts of deployment/: the one that makes secrets, and the one that hands them over."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from lfd.keys import public_key
from tests.deployment.compose import ROOT

SCRIPT = ROOT / "deployment/with-database-password"


def handed_over(secret: Path, passfile: Path) -> str:
    """Runs the script as the image does; returns what it wrote where libpq looks."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_PASSWORD_FILE": str(secret),
        "PGPASSFILE": str(passfile),
    }
    done = subprocess.run(
        [str(SCRIPT), "env"], env=environment, capture_output=True, text=True, check=True
    )
    assert "s3cret" not in done.stdout, "the password is in the environment"
    return passfile.read_text()


def test_the_password_is_handed_over_in_a_private_file(tmp_path: Path) -> None:
    secret, passfile = tmp_path / "secret", tmp_path / "pgpass"
    secret.write_text("s3cret\n")
    assert handed_over(secret, passfile) == "*:*:*:*:s3cret\n"
    assert stat.S_IMODE(passfile.stat().st_mode) == 0o600


def test_a_password_may_hold_what_separates_fields(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret:with\\both")
    assert handed_over(secret, tmp_path / "pgpass") == "*:*:*:*:s3cret\\:with\\\\both\n"


def test_without_a_secret_the_command_runs_all_the_same(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "DATABASE_PASSWORD_FILE": str(tmp_path / "none")}
    done = subprocess.run(
        [str(SCRIPT), "echo", "here"], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "here\n"


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    """A copy of deployment/ without any secret."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here")
    copy = tmp_path / "deployment"
    (copy / "secrets").mkdir(parents=True)
    shutil.copy(ROOT / "deployment/make-secrets", copy)
    return copy


def test_secrets_are_made_and_stay_as_they_are(deployment: Path) -> None:
    make = [str(deployment / "make-secrets")]
    first = subprocess.run(make, capture_output=True, text=True, check=True)
    made = {path.name: path.read_text() for path in (deployment / "secrets").iterdir()}
    again = subprocess.run(make, capture_output=True, text=True, check=True)
    assert first.stdout.count("made ") == len(made) == 5
    assert again.stdout == ""
    assert {path.name: path.read_text() for path in (deployment / "secrets").iterdir()} == made


def test_only_the_owner_can_enter_and_containers_can_read(deployment: Path) -> None:
    subprocess.run([str(deployment / "make-secrets")], capture_output=True, check=True)
    assert stat.S_IMODE((deployment / "secrets").stat().st_mode) == 0o700
    for path in (deployment / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_the_keys_are_a_pair_that_lfd_takes(deployment: Path) -> None:
    subprocess.run([str(deployment / "make-secrets")], capture_output=True, check=True)
    private = (deployment / "secrets/adapter-key.pem").read_text()
    public = (deployment / "secrets/adapter-key.pub.pem").read_text()
    assert public_key(private).split() == public.split()
