"""The table of docs/bad-input.md, for the tests to hold the code against."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs/bad-input.md"
_ROW = re.compile(r"^\|([^|]+)\|([^|]+)\|([^|]+)\|([^|]+)\|$", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Row:
    """What the document says of one kind of input: the first code of each cell, and the issues."""

    name: str
    mllp: str
    http: str
    convert: str
    issues: tuple[str, ...]


def rows() -> dict[str, Row]:
    """Returns the rows by the name of their input."""
    found = [[cell.strip() for cell in match.groups()] for match in _ROW.finditer(PAGE.read_text())]
    return {cells[0]: _row(cells) for cells in found if cells[0] not in {"input", "---"}}


def _row(cells: list[str]) -> Row:
    name, mllp, http, convert = cells
    outcome, *issues = _CODE.findall(convert)
    return Row(name, _CODE.findall(mllp)[0], _CODE.findall(http)[0], outcome, tuple(issues))
