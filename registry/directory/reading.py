"""Reads the directory's CSV: `ods,name,type,parent,succeeded_by,succeeded_on`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from registry.directory.organisation import Organisation
from registry.directory.problem import DirectoryFileError, Problem
from registry.directory.row import Row, read_row

REQUIRED = ("ods", "name", "type")
NOTHING: tuple[int, list[str]] = (1, [])
OPTIONAL = ("parent", "succeeded_by", "succeeded_on")


@dataclass(frozen=True, slots=True)
class DirectoryFile:
    """The rows of a file (line number and organisation), and the columns that mean nothing to us
    and were passed over, so that whoever loads the file can be told."""

    file: str
    rows: tuple[tuple[int, Organisation], ...]
    ignored_columns: tuple[str, ...]

    @property
    def organisations(self) -> tuple[Organisation, ...]:
        """The organisations in the order of the file."""
        return tuple(organisation for _, organisation in self.rows)


def read(file: str, content: bytes) -> DirectoryFile:
    """Takes a file's name (for messages) and its bytes: UTF-8, with or without byte order mark, any
    line ends; returns its rows. DirectoryFileError: every problem in it."""
    lines = _lines(file, content)
    header = _header(file, next(lines, NOTHING))
    problems: list[Problem] = []
    rows: dict[str, tuple[int, Organisation]] = {}
    for line, cells in lines:
        if len(cells) > len(header):  # which cell is which is not known
            text = f"{len(cells)} cells, expected {len(header)}: is a comma not in quotes?"
            problems.append(Problem(line, "-", text))
            continue
        organisation = read_row(Row(line, dict(zip(header, cells, strict=False))), problems)
        if organisation is None:
            continue
        if organisation.ods in rows:
            text = f"{organisation.ods} stands already in line {rows[organisation.ods][0]}"
            problems.append(Problem(line, "ods", text))
        rows.setdefault(organisation.ods, (line, organisation))
    if problems:
        raise DirectoryFileError(file, problems)
    ignored = tuple(name for name in header if name and name not in REQUIRED + OPTIONAL)
    return DirectoryFile(file, tuple(rows.values()), ignored)


def _lines(file: str, content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = Problem(line, "-", "not UTF-8: save the file as CSV UTF-8")
        raise DirectoryFileError(file, [problem]) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield start, [cell.strip() for cell in cells]
            start = reader.line_num + 1
    except csv.Error as error:
        problem = Problem(start, "-", f"not CSV: {error}")
        raise DirectoryFileError(file, [problem]) from error


def _header(file: str, first: tuple[int, list[str]]) -> list[str]:
    line, cells = first
    header = [cell.lower() for cell in cells]
    problems = [
        Problem(line, name, "this column is missing from the first line")
        for name in REQUIRED
        if name not in header
    ]
    problems += [
        Problem(line, name, "this column stands twice in the first line")
        for name in REQUIRED + OPTIONAL
        if header.count(name) > 1
    ]
    if problems:
        raise DirectoryFileError(file, problems)
    return header
