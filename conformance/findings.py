"""The validator's issues, gathered by kind: the same issue at the same element counts as one kind.

A kind shows no value of a resource: of what the validator says only the words before its first
quotation are kept, and the addresses of profiles and code systems.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance import canonical
from conformance.validator import Issue

SEVERITIES = ("fatal", "error", "warning")
_ENTRY = re.compile(r"Bundle\.entry\[\d+\]\.resource/\*(\w+)/[^*]*\*/")
_INDEX = re.compile(r"\[\d+\]")
_ID = re.compile(r"/\*(\w+)/[^*]*\*/")
_QUOTATION = re.compile(r"(?<!\w)['\"(]|https?://")
_ADDRESS = re.compile(r"https?://[^\s'\"#|,)]+")
_NUMBER = re.compile(r"\d{3,}")
_SENDER = re.compile(rf"{re.escape(canonical.CODE_SYSTEM)}[^/]+/")
_OF_A_SENDER = f"{canonical.CODE_SYSTEM}SENDER/"


@dataclass(frozen=True, slots=True)
class Kind:
    """Severity, message id, element path and what is said, without values."""

    severity: str
    id: str
    path: str
    text: str


@dataclass(slots=True)
class Found:
    """How often a kind was found, and the first place."""

    count: int = 0
    example: str = ""


@dataclass(slots=True)
class Findings:
    """All kinds found, errors and warnings; hints of the validator are passed over."""

    kinds: dict[Kind, Found] = field(default_factory=dict[Kind, Found])

    def add(self, source: str, issues: Iterable[Issue]) -> None:
        """Takes where a resource is from and its issues; counts them."""
        for issue in issues:
            if issue.severity in SEVERITIES:
                found = self.kinds.setdefault(kind(issue), Found())
                found.count += 1
                found.example = found.example or f"{source}: {_place(issue.location)}"

    def sorted(self) -> list[tuple[Kind, Found]]:
        """The kinds, the worst and most frequent first."""
        return sorted(
            self.kinds.items(),
            key=lambda item: (SEVERITIES.index(item[0].severity), -item[1].count, item[0].path),
        )


def kind(issue: Issue) -> Kind:
    """Takes an issue; returns what kind it is."""
    path = _INDEX.sub("", _ID.sub(".", _ENTRY.sub(r"\1.", issue.location)))
    words = _NUMBER.sub("…", _QUOTATION.split(issue.text)[0]).strip()
    addresses = dict.fromkeys(_ADDRESS.findall(issue.text))
    said = [words, *(_SENDER.sub(_OF_A_SENDER, address) for address in addresses)]
    return Kind(issue.severity, issue.id, path.replace("..", ".").strip("."), " ".join(said))


def _place(location: str) -> str:
    """A location with the type of the resource, without its id."""
    return _ID.sub(r"(\1)", location)
