"""The warnings that are meant: conformance/explained_warnings.yaml, each with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from conformance.findings import Kind

FILE = Path(__file__).parent / "explained_warnings.yaml"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which warnings, by regular expressions of message id, path and text, and why they are right.

    An error has no explanation: it is mended. But for `check-not-done`: the validator itself says
    by this error that it could not do a check, which tells nothing of the resource.
    """

    id: re.Pattern[str]
    path: re.Pattern[str]
    text: re.Pattern[str]
    why: str
    is_check_not_done: bool = False

    def explains(self, kind: Kind) -> bool:
        """True if the kind is one that this explains."""
        return (
            kind.severity == ("error" if self.is_check_not_done else "warning")
            and self.id.fullmatch(kind.id) is not None
            and self.path.fullmatch(kind.path) is not None
            and self.text.search(kind.text) is not None
        )


def load(path: Path = FILE) -> list[Explanation]:
    """Reads the explanations."""
    listed: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Explanation(
            re.compile(one["id"]),
            re.compile(one.get("path", ".*")),
            re.compile(one.get("text", "")),
            one["why"],
            one.get("check-not-done", False),
        )
        for one in listed
    ]
