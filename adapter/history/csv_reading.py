"""Reads a CSV of discharges and deaths: its header once, then row by row, each with its line."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from adapter.history.csv_columns import COLUMNS
from adapter.history.csv_row import message
from adapter.history.piece import Piece
from adapter.reason import Reason

_LONGEST_LINE = 1 << 20
_NOT_UTF_8 = "it is not UTF-8: save the file as 'CSV UTF-8'"


class HeaderError(ValueError):
    """The header cannot be used; `reasons` says, column by column, why and what to do."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__("; ".join(f"{reason.location}: {reason.text}" for reason in reasons))
        self.reasons = tuple(reasons)


def rows(file: BinaryIO, sender: str = "") -> Iterator[Piece]:
    """Takes a CSV (UTF-8, with or without its mark, commas between) and the organisation whose rows
    they are where no column says it; yields each row that is not blank as the message it stands
    for, or with what is wrong. HeaderError at the first row where the header is wrong."""
    # A byte that is no UTF-8 becomes a surrogate, so that the column it stands in can be named.
    lines = (
        line.decode("utf-8", "surrogateescape")
        for line in iter(lambda: file.readline(_LONGEST_LINE), b"")
    )
    reader = csv.reader(_without_mark(lines), strict=True)
    header = _header(reader, sender)
    number = 0
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader, None)
        except csv.Error:
            number += 1
            text = (
                "it cannot be read as CSV: look for a quotation mark that is not closed or doubled"
            )
            yield Piece(number, line, b"", (Reason("", "row", text),))
            continue
        if values is None:
            return
        values = [value.strip() for value in values]
        if any(values):
            number += 1
            yield _piece(number, line, header, values, sender)


def _header(reader: Iterator[list[str]], sender: str) -> list[str]:
    try:
        names = [name.strip().lower() for name in next(reader, list[str]())]
    except csv.Error:
        raise HeaderError([Reason("", "row", "the header cannot be read as CSV")]) from None
    reasons = [*_unknown(names), *_missing(names, sender)]
    if reasons:
        raise HeaderError(reasons)
    return names


def _unknown(names: Sequence[str]) -> Iterator[Reason]:
    for place, name in enumerate(names, 1):
        if name not in COLUMNS:
            # A name that is none of ours may be a value: a file without a header begins with one.
            close = difflib.get_close_matches(name, COLUMNS, 1)
            hint = f": is it {close[0]}?" if close else ": take it out, or name it as documented"
            yield Reason("", f"column {place}", f"its name is none that is known{hint}")
        elif name in names[: place - 1]:
            yield Reason("", name, "it stands in the header twice")


def _missing(names: Sequence[str], sender: str) -> Iterator[Reason]:
    if "organisation" not in names and not sender:
        yield Reason("", "organisation", "it is missing: add it, or say --organisation")
    if not {"nhs_number", "local_id"} & set(names):
        yield Reason("", "nhs_number", "neither it nor local_id is there: nobody could be named")


def _piece(number: int, line: int, header: list[str], values: list[str], sender: str) -> Piece:
    if len(values) != len(header):
        text = f"it has {len(values)} columns and the header {len(header)}: quote commas in values"
        return Piece(number, line, b"", (Reason("", "row", text),))
    row = dict(zip(header, values, strict=True))
    broken = [name for name, value in row.items() if not _is_text(value)]
    if broken:
        return Piece(number, line, b"", tuple(Reason("", name, _NOT_UTF_8) for name in broken))
    made = message(row, sender)
    return Piece(number, line, made) if isinstance(made, bytes) else Piece(number, line, b"", made)


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _without_mark(lines: Iterator[str]) -> Iterator[str]:
    for first in lines:
        yield first.removeprefix("\ufeff")
        break
    yield from lines
