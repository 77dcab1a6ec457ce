"""`make sbom` lists all that the lock pins, with its hashes; offline, and each time alike."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements/run.lock"
NOWHERE = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}


def made(path: Path) -> dict[str, Any]:
    if shutil.which("make") is None:
        pytest.skip("no make on this machine")
    words = ["make", "--assume-old=install", f"BIN={Path(sys.executable).parent}", f"SBOM={path}"]
    done = subprocess.run(
        [*words, "sbom"], cwd=ROOT, capture_output=True, text=True, env=_offline(), check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(path.read_text())


def _offline() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", **NOWHERE}


def test_every_pinned_package_is_in_it_with_its_hashes(tmp_path: Path) -> None:
    sbom = made(tmp_path / "sbom.json")
    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.6")
    assert sbom["metadata"]["component"]["name"] == "learning-from-deaths-exchange"
    listed = {(one["name"], one["version"]): one for one in sbom["components"]}
    pinned = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ \\;]+)((?:.*\\\n)+.*)",
        LOCK.read_text(),
        re.MULTILINE,
    )
    assert len(pinned) > 20
    assert {(name, version) for name, version, _ in pinned} == set(listed)
    for name, version, rest in pinned:
        references = listed[name, version]["externalReferences"]
        hashes = {one["content"] for reference in references for one in reference["hashes"]}
        assert hashes == set(re.findall(r"sha256:([0-9a-f]{64})", rest)), name
        assert listed[name, version]["purl"].startswith(f"pkg:pypi/{name}@{version}")


def test_two_are_alike(tmp_path: Path) -> None:
    assert made(tmp_path / "one.json") == made(tmp_path / "two.json")
