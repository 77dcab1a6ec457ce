"""The worklist as CSV (RFC 4180), for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

from console.worklist.rows import Row

HEADER = (
    "review",
    "case",
    "nhs_number",
    "name",
    "died",
    "kind_of_review",
    "state",
    "necessity",
    "why_it_must_be_done",
    "lead_code",
    "lead",
    "lead_is_only_proposed",
    "due",
    "days_overdue",
)
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def header() -> str:
    """Returns the first line. The mark before it has Excel read what follows as UTF-8."""
    return "\ufeff" + _text([HEADER])


def lines(rows: Iterable[Row]) -> str:
    """Takes rows; returns their lines."""
    return _text(_cells(one) for one in rows)


def _cells(one: Row) -> tuple[str, ...]:
    return (
        one.review,
        one.case,
        one.nhs_number,
        one.name,
        one.died,
        one.kind,
        one.state,
        one.necessity,
        "; ".join(one.reasons),
        one.lead_code,
        one.lead,
        "yes" if one.is_proposed else "no",
        one.due.isoformat() if one.due else "",
        "" if one.days_over is None else str(one.days_over),
    )


def _text(rows: Iterable[tuple[str, ...]]) -> str:
    out = StringIO()
    csv.writer(out).writerows([inert(cell) for cell in row] for row in rows)
    return out.getvalue()


def inert(text: str) -> str:
    """Takes the text of a cell; returns it so that no spreadsheet calculates with it."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
