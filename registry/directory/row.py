"""One row of the directory's CSV: its cells checked and made an organisation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from registry.directory.organisation import TYPES, Organisation, is_type
from registry.directory.problem import Problem

ODS = re.compile(r"[A-Z0-9]{1,12}")
MAX_QUOTED = 60
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one line by column name, blanks around them removed."""

    line: int
    cells: Mapping[str, str]

    def problem(self, column: str, expected: str) -> Problem:
        """Returns the problem that this column is not what was expected."""
        found = self.cells.get(column, "")[:MAX_QUOTED]
        return Problem(self.line, column, f"expected {expected}, found {found!r}")


def read_row(row: Row, problems: list[Problem]) -> Organisation | None:
    """Takes a row; returns its organisation, or None and adds to `problems` all that is wrong."""
    found: list[Problem] = []
    ods = _code(row, "ods", found)
    name = row.cells.get("name", "")
    kind = row.cells.get("type", "").lower()
    parent, successor = (
        _optional_code(row, "parent", found),
        _optional_code(row, "succeeded_by", found),
    )
    succeeded_on = _date(row, "succeeded_on", found)
    if not name.isprintable() or not name:
        found.append(row.problem("name", "a name"))
    if not is_type(kind):
        found.append(row.problem("type", f"one of {', '.join(TYPES)}"))
    found += _relations(row)
    problems += found
    if found or not is_type(kind):
        return None
    return Organisation(ods, name, kind, parent, successor, succeeded_on)


def _code(row: Row, column: str, problems: list[Problem]) -> str:
    code = row.cells.get(column, "").upper()
    if not ODS.fullmatch(code):
        problems.append(row.problem(column, "an ODS code of up to 12 letters and digits"))
    return code


def _optional_code(row: Row, column: str, problems: list[Problem]) -> str | None:
    return _code(row, column, problems) if row.cells.get(column) else None


def _date(row: Row, column: str, problems: list[Problem]) -> date | None:
    text = row.cells.get(column)
    if not text:
        return None
    try:
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # falls through to the same problem as a wrong form
    problems.append(row.problem(column, "a date like 2025-01-31"))
    return None


def _relations(row: Row) -> list[Problem]:
    cells = row.cells
    itself = [
        row.problem(column, "another organisation than the row's own")
        for column in ("parent", "succeeded_by")
        if cells.get(column) and cells[column].upper() == cells.get("ods", "").upper()
    ]
    if bool(cells.get("succeeded_by")) == bool(cells.get("succeeded_on")):
        return itself
    missing = "succeeded_on" if cells.get("succeeded_by") else "succeeded_by"
    text = "a value: succeeded_by and succeeded_on go together"
    return [*itself, row.problem(missing, text)]
