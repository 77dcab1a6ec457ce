"""The systemd units: they start what `lfd` takes, as nobody special, and stop it in time."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from lfd import serving, settings_file
from lfd.arguments import parser
from tests.deployment.compose import ROOT

FOLDER = ROOT / "deployment/systemd"
OURS = ("registry", "adapter", "feeds")
PROGRAM = "/opt/lfd/bin/lfd"


def unit(name: str) -> dict[str, list[str]]:
    """Takes which of ours; returns the values of each key of its unit, in order."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in (FOLDER / f"lfd-{name}.service").read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[key].append(value)
    return found


def environment(name: str, credentials: Path) -> dict[str, str]:
    """The variables that the unit sets, on a machine where its files are in a folder."""
    pairs = [one.partition("=") for one in unit(name)["Environment"]]
    said = {key: value.replace("%d", str(credentials)) for key, _, value in pairs}
    return said | {"LFD_CONFIG": str(FOLDER / "lfd.toml")}


@pytest.mark.parametrize("name", OURS)
def test_what_it_starts_is_a_command_with_all_it_needs(name: str, tmp_path: Path) -> None:
    handed_over = {one.partition(":")[0] for one in unit(name)["LoadCredential"]}
    for credential in handed_over:
        (tmp_path / credential).write_text(f"postgresql:///{name}")
    (start,) = unit(name)["ExecStart"]
    assert start.split()[0] == PROGRAM
    said = environment(name, tmp_path)
    chosen = settings_file.read(parser(), start.split()[1:], said)
    assert chosen.module == f"lfd.{name}"
    assert chosen.database == f"postgresql:///{name}"
    assert chosen.log_format == "json"
    used = {Path(value).name for value in said.values() if value.startswith(str(tmp_path))}
    assert used == handed_over
    assert int(unit(name)["TimeoutStopSec"][0]) > chosen.drain_seconds + 3 * serving.DRAIN_SECONDS


@pytest.mark.parametrize("name", OURS)
def test_it_runs_as_nobody_special(name: str) -> None:
    said = unit(name)
    assert said["User"] == ["lfd"]
    assert said["CapabilityBoundingSet"] == said["AmbientCapabilities"] == [""]
    for key in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome"):
        assert said[key] == ["yes"], key
    assert said["ProtectSystem"] == ["strict"]


@pytest.mark.parametrize("name", OURS)
def test_systemd_takes_it(name: str, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / f"lfd-{name}.service"
    # It looks whether the program is there.
    text = (FOLDER / copy.name).read_text().replace(PROGRAM, sys.executable)
    copy.write_text(text)
    done = subprocess.run(
        [program, "verify", str(copy)], capture_output=True, text=True, timeout=60
    )
    about_ours = [line for line in done.stderr.splitlines() if copy.name in line]
    assert about_ours == []
    assert done.returncode == 0, done.stderr
