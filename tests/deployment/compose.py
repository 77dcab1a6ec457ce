"""Reads Compose files as Docker Compose does: anchors resolved, variables filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import yaml

ROOT = Path(__file__).parents[2]
OUR_IMAGE = "learning-from-deaths:0.1.0"

Table = dict[str, Any]
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+):-(?P<default>[^}]*)\}")


@dataclass(frozen=True)
class ComposeFile:
    """One file, with every variable at its default."""

    path: Path

    @cached_property
    def content(self) -> Table:
        """The whole file."""
        text = _VARIABLE.sub(lambda found: found["default"], self.path.read_text())
        assert "${" not in text, "a variable without a default: the file must work as it is"
        return cast(Table, yaml.safe_load(text))

    @property
    def services(self) -> dict[str, Table]:
        """The services by name."""
        return self.content["services"]

    def words(self, service: str) -> list[str]:
        """Takes the name of one of our services; returns the words after `lfd`."""
        return [str(word) for word in self.services[service]["command"]]

    def mounted(self, service: str, kind: str) -> dict[str, Path]:
        """Takes a service and `configs` or `secrets`; returns where in its container each file is,
        and which file that is here."""
        found: dict[str, Path] = {}
        for entry in self.services[service].get(kind, []):
            given: Mapping[str, Any] = {"source": entry} if isinstance(entry, str) else entry
            target = str(given.get("target", given["source"]))
            where = target if target.startswith("/") else f"/run/secrets/{target}"
            found[where] = self.source(kind, given["source"])
        return found

    def source(self, kind: str, name: str) -> Path:
        """Takes `configs` or `secrets` and the name of one; returns the file that it is here."""
        return (self.path.parent / self.content[kind][name]["file"]).resolve()


ALONE = ComposeFile(ROOT / "docker-compose.yml")
CLUSTER = ComposeFile(ROOT / "deployment/cluster/docker-compose.yml")


def ours() -> dict[str, Table]:
    """Returns the services on a single machine that run our own image."""
    return {name: one for name, one in ALONE.services.items() if one["image"] == OUR_IMAGE}


def instructions() -> list[tuple[str, str]]:
    """Returns the Dockerfile's instructions in order, each with its arguments on one line."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    pairs = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in pairs]
