"""What is installed, and what the image is built from, is every package of the checkout."""

from __future__ import annotations

import re
import tomllib

from tests.deployment.compose import ROOT

# For whoever develops: of no use where the program runs.
NOT_INSTALLED = {"tests", "benchmarks"}
PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NOT_INSTALLED


def test_every_package_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {name.removesuffix("*") for name in included} == PACKAGES


def test_every_package_is_type_checked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["basedpyright"]["include"]) >= PACKAGES


def test_the_image_is_built_from_every_package() -> None:
    copied = re.findall(r"^COPY (\w+)/ \1/$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    let_in = re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert set(copied) - {"requirements"} == PACKAGES
    assert set(let_in) >= PACKAGES
