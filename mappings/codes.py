"""Code maps: FHIR ConceptMaps that say which code of a sender is which code of England."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import urljoin

from conformance import canonical
from yaml_source import Source, open_source


class Unmapped(Enum):
    """What becomes of a code that a map does not know (ConceptMap.group.unmapped.mode)."""

    LEFT_OUT = ""
    PROVIDED = "provided"  # kept as the sender wrote it, in a system of the sender
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Target:
    """The code that stands for the sender's. `display` is the official name where it is short,
    `text` is for readers; `is_exact` is False where a person should look."""

    system: str
    code: str
    display: str
    text: str
    is_exact: bool


@dataclass(frozen=True, slots=True)
class CodeMap:
    """One ConceptMap, by the sender's code in capitals."""

    name: str
    targets: dict[str, Target]
    unmapped: Unmapped
    fixed: Target | None

    def find(self, code: str) -> Target | None:
        """Takes a code as the sender writes it; returns what it stands for, or None."""
        if not code:
            return None
        return self.targets.get(code) or self.targets.get(code.upper())


def address(text: str) -> str:
    """Takes an address as a mapping writes it, relative ones to our own base; returns it whole."""
    return urljoin(canonical.BASE + "/", text)


def load_codes(folder: Path) -> dict[str, CodeMap]:
    """Takes a folder of ConceptMaps; returns them by file name. SourceError for a mistake."""
    return {path.stem: load_code_map(path) for path in sorted(folder.glob("*.json"))}


def load_code_map(path: Path) -> CodeMap:
    """Takes a ConceptMap file; returns it ready to look codes up in."""
    source = open_source(path)
    if source.need("resourceType").text() != "ConceptMap":
        raise source.error("expected a ConceptMap")
    targets: dict[str, Target] = {}
    unmapped, fixed = Unmapped.LEFT_OUT, None
    for group in source.need("group").rows():
        entries = group.only("source", "target", "element", "unmapped")
        system = address(group.need("target").text())
        for element in group.need("element").rows():
            _take(element, system, targets)
        if "unmapped" in entries:
            unmapped, fixed = _unmapped(entries["unmapped"], system)
    return CodeMap(path.stem, targets, unmapped, fixed)


def _take(element: Source, system: str, targets: dict[str, Target]) -> None:
    code = element.need("code").text().upper()
    found = element.need("target").rows()
    if len(found) != 1:
        raise element.error(f"expected one target for the code '{code}'")
    if code in targets:
        raise element.error(f"the code '{code}' is mapped a second time")
    entries = element.only("code", "display", "target")
    text = entries["display"].text() if "display" in entries else ""
    targets[code] = _target(found[0], system, text)


def _target(source: Source, system: str, text: str) -> Target:
    entries = source.only("code", "display", "equivalence", "comment")
    equivalence = source.need("equivalence").text()
    if equivalence not in {"equal", "equivalent", "wider", "narrower", "inexact"}:
        raise source.error("expected an equivalence of FHIR, such as equal or inexact")
    display = entries["display"].text() if "display" in entries else ""
    exact = equivalence != "inexact"
    return Target(system, source.need("code").text(), display, text or display, exact)


def _unmapped(source: Source, system: str) -> tuple[Unmapped, Target | None]:
    mode = source.need("mode").text()
    if mode == Unmapped.PROVIDED.value:
        return Unmapped.PROVIDED, None
    if mode == Unmapped.FIXED.value:
        return Unmapped.FIXED, Target(system, source.need("code").text(), "", "", False)
    raise source.error("expected the mode 'provided' or 'fixed'")
