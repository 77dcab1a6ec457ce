"""Reads docker-compose.yml as Docker Compose does: anchors resolved, variables filled in."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
OUR_IMAGE = "learning-from-deaths:0.1.0"

Table = dict[str, Any]
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+):-(?P<default>[^}]*)\}")


@cache
def compose() -> Table:
    """Returns the whole file, with every variable at its default."""
    text = _VARIABLE.sub(lambda found: found["default"], FILE.read_text())
    assert "${" not in text, "a variable without a default: the file must work as it is"
    return cast(Table, yaml.safe_load(text))


def services() -> dict[str, Table]:
    """Returns the services by name."""
    return compose()["services"]


def ours() -> dict[str, Table]:
    """Returns the services that run our own image."""
    return {name: one for name, one in services().items() if one["image"] == OUR_IMAGE}


def words(service: str) -> list[str]:
    """Takes the name of one of our services; returns the words after `lfd`."""
    return list(services()[service]["command"])


def mounted(service: str, kind: str) -> dict[str, Path]:
    """Takes a service and `configs` or `secrets`; returns where in its container each file is, and
    which file that is here."""
    found: dict[str, Path] = {}
    for entry in services()[service].get(kind, []):
        given: Table = {"source": entry} if isinstance(entry, str) else entry
        target = str(given.get("target", given["source"]))
        where = target if target.startswith("/") else f"/run/secrets/{target}"
        found[where] = ROOT / compose()[kind][given["source"]]["file"]
    return found


def instructions() -> list[tuple[str, str]]:
    """Returns the Dockerfile's instructions in order, each with its arguments on one line."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    pairs = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in pairs]
