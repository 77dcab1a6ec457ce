"""The committed stylesheet: what the npm package makes, and nothing that fetches from elsewhere."""

from __future__ import annotations

from pathlib import Path
from shutil import which

import pytest

from console.assets import PACKAGE, STATIC, AssetsError, build, download


def test_the_committed_files_are_those_of_the_package(tmp_path: Path) -> None:
    if which("npm") is None:
        pytest.skip("npm is needed for this, and is not on this machine")
    made = build(download(tmp_path).read_bytes())
    assert len(made) > 1
    for name, content in made.items():
        assert (STATIC / name).read_bytes() == content, f"{name}: run python -m console.assets"


def test_another_package_is_not_taken() -> None:
    with pytest.raises(AssetsError, match=PACKAGE):
        build(b"another")


def test_the_stylesheet_fetches_nothing_from_elsewhere() -> None:
    sheets = list(STATIC.glob("*.css"))
    assert len(sheets) == 2
    for sheet in sheets:
        text = sheet.read_text()
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "@font-face" not in text
        assert "@import" not in text


def test_the_licence_stands_beside_it() -> None:
    assert "MIT License" in (STATIC / "nhsuk-frontend.LICENCE.txt").read_text()


def test_it_stays_small() -> None:
    assert sum(one.stat().st_size for one in STATIC.iterdir()) < 300_000
