"""Segment maps and data type maps: files of rows under the name that the HL7 guide gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mappings.rows import Row, parse_row
from yaml_source import Source, open_source

FOLDER = Path(__file__).parent
_NAME = re.compile(r"(?P<v2>[A-Z][A-Z0-9]{1,2})\[(?P<fhir>[A-Za-z]+)(?:-[A-Za-z]+)?\]")


@dataclass(frozen=True, slots=True)
class MapFile:
    """One map of the guide, such as PID[Patient]: what it reads, what it writes, and its rows.

    `requires` is the element without which a value says nothing and is left out; `is_resource`
    says that the value becomes an entry of its own, which others refer to.
    """

    name: str
    v2: str
    fhir: str
    rows: tuple[Row, ...]
    requires: str
    is_resource: bool
    source: Source


def load_segment_maps(folder: Path) -> dict[str, MapFile]:
    """Takes a folder of segment maps; returns them by name. SourceError for a mistake."""
    return _load_all(folder, reads_segments=True)


def load_datatype_maps(folder: Path) -> dict[str, MapFile]:
    """Takes a folder of data type maps; returns them by name. SourceError for a mistake."""
    return _load_all(folder, reads_segments=False)


def _load_all(folder: Path, reads_segments: bool) -> dict[str, MapFile]:
    maps: dict[str, MapFile] = {}
    for path in sorted(folder.glob("*.yaml")):
        loaded = _load(open_source(path), reads_segments)
        if loaded.name in maps:
            raise loaded.source.error(f"{loaded.name} is mapped a second time")
        maps[loaded.name] = loaded
    return maps


def _load(source: Source, reads_segment: bool) -> MapFile:
    entries = source.only("map", "requires", "resource", "rows")
    name = source.need("map")
    match = _NAME.fullmatch(name.text())
    if match is None:
        raise name.error("expected the guide's name of the map, such as PID[Patient]")
    rows = tuple(
        _row(row, match["v2"] if reads_segment else "") for row in source.need("rows").rows()
    )
    return MapFile(
        name=name.text(),
        v2=match["v2"],
        fhir=match["fhir"],
        rows=rows,
        requires=entries["requires"].text() if "requires" in entries else "",
        is_resource="resource" in entries,
        source=source,
    )


def _row(source: Source, segment: str) -> Row:
    row = parse_row(source)
    for place in (row.place, row.unless):
        if place is not None and place.segment != segment:
            raise source.error(f"expected a {'field of ' + segment if segment else 'component'}")
    return row
