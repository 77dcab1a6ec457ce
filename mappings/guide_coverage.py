"""How much of the HL7 v2-to-FHIR guide the mappings cover.

Each row of the guide that it maps and that an ADT message can reach is done (by a row here, or by a
rule in Python that coverage.yaml names), not applicable (coverage.yaml says why), or not yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from mappings.maps import FOLDER, MapFile
from mappings.package import Mappings
from yaml_source import Source, open_source

DECLARED = FOLDER / "coverage.yaml"
_INSTANCE = re.compile(r"^\[[^\]]*\]\.")
_INDEX = re.compile(r"\[[^\]]*\]?|\(.*|[ =\"].*")


class State(Enum):
    """What became of a row of the guide."""

    DONE = "done"
    NOT_APPLICABLE = "not applicable"
    NOT_YET = "not yet"


@dataclass(frozen=True, slots=True)
class GuideRow:
    """One row of the guide: its map, the field or component it reads, and the path it writes."""

    kind: str
    map: str
    field: str
    path: str

    @property
    def element(self) -> str:
        """The first element of the path, without what stands in brackets; an extension inside it is
        another."""
        first = _INSTANCE.sub("", self.path).partition(".")[0]
        nested = ".extension" in _INSTANCE.sub("", self.path)
        return _INDEX.sub("", first) + (".extension" if nested else "")

    @property
    def group(self) -> str:
        """The segment, or the data type."""
        return self.map.partition("[")[0]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of a row, and where or why."""

    row: GuideRow
    state: State
    why: str


@dataclass(frozen=True, slots=True)
class Declared:
    """What coverage.yaml says: of whole maps, of single rows, and which map does another's work."""

    maps: dict[str, tuple[State, str]]
    rows: dict[tuple[str, ...], tuple[State, str]]
    instead: dict[str, str]

    def find(self, row: GuideRow) -> tuple[State, str] | None:
        """Takes a row; returns what is said of it: by its path, its field, or its whole map."""
        for prefix in _prefixes(row.path):
            if said := self.rows.get((row.map, row.field, prefix)):
                return said
        return self.rows.get((row.map, row.field)) or self.maps.get(row.map)


def _prefixes(path: str) -> Iterable[str]:
    """A path and the elements above it, longest first, without brackets."""
    steps = [_INDEX.sub("", step) for step in re.sub(r"\([^)]*\)?", "", path).split(".")]
    for length in range(len(steps), 0, -1):
        yield ".".join(steps[:length])


def load_declared(path: Path = DECLARED) -> Declared:
    """Takes coverage.yaml; returns it understood. SourceError for a mistake."""
    entries = open_source(path).only("maps", "rows", "instead")
    return Declared(
        maps={name: _said(source) for name, source in entries["maps"].table().items()},
        rows={tuple(key.split()): _said(s) for key, s in entries["rows"].table().items()},
        instead={name: source.text() for name, source in entries["instead"].table().items()},
    )


def _said(source: Source) -> tuple[State, str]:
    word, _, rest = source.text().partition(" ")
    if word not in {"done", "no"} or not rest:
        raise source.error("expected 'done FILE' or 'no REASON'")
    return (State.DONE if word == "done" else State.NOT_APPLICABLE), rest


def load_guide(path: Path) -> list[GuideRow]:
    """Takes the guide's rows as JSON; returns those that are mapped and that ADT can reach."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return [
        GuideRow(r["kind"], r["map"], r["field"].strip() or "-", r["target_path"].strip())
        for r in rows
        if r["mapped"] and r["in_adt"] and r["kind"] in {"segment", "datatype"}
    ]


def judge(rows: list[GuideRow], mappings: Mappings, declared: Declared) -> list[Judgement]:
    """Takes the guide's rows and all mappings; returns what became of each, in their order."""
    written = _written([*mappings.segments.values(), *mappings.datatypes.values()])
    return [_judge(row, written, declared) for row in rows]


Written = dict[str, dict[str, dict[str, set[str]]]]
"""By map, field and first element: the files of rows that read the one and write the other."""


def _judge(row: GuideRow, written: Written, declared: Declared) -> Judgement:
    if said := declared.find(row):
        return Judgement(row, *said)
    own = written.get(row.map, {}).get(row.field, {})
    if row.element in own:
        return Judgement(row, State.DONE, min(own[row.element]))
    instead = declared.instead.get(row.map, "")
    other = written.get(instead, {}).get(row.field, {})
    if other:
        return Judgement(row, State.DONE, min(min(files) for files in other.values()))
    return Judgement(row, State.NOT_YET, "")


def _written(maps: list[MapFile]) -> Written:
    found: Written = {}
    for mapping in maps:
        folder = "segments" if mapping.rows and mapping.rows[0].place.segment else "datatypes"
        for row in mapping.rows:
            number = row.place.field if row.place.segment else row.place.component
            mark = "-" if row.place.segment else "."
            field = f"{mapping.v2}{mark}{number}" if number else mapping.v2
            heads = found.setdefault(mapping.name, {}).setdefault(field, {})
            head = row.path[0].name.removeprefix("_")
            nested = any(step.extension for step in row.path[1:])
            for element in (head, f"{head}.extension") if nested else (head,):
                heads.setdefault(element, set()).add(f"mappings/{folder}/{mapping.source.file}")
    return found
