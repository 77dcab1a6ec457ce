"""Writes a return or a Quality Account as CSV, a row for each number, its definition beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from nhs.london_time import LONDON
from registry.returns.account_items import Item
from registry.returns.count import Count
from registry.returns.definitions import DEATHS, NOT_CERTAIN
from registry.returns.quality_account import QualityAccount
from registry.returns.quarterly import QuarterlyReturn, Update
from registry.returns.wording import CAVEAT

HEADER = (
    "organisation",
    "organisation_name",
    "period",
    "known_at",
    "version",
    "figure",
    "label",
    "number",
    "precision",
    "published_before",
    "difference",
    "definition",
    "source",
    "caveat",
)
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def quarterly_csv(one: QuarterlyReturn, updates: Iterable[Update] = ()) -> str:
    """Takes a return, and how it differs from the one that was published; returns CSV text (RFC
    4180) with a header. A number that is not shown is `*`."""
    changed = {update.figure.code: update for update in updates}
    rows: list[Sequence[str]] = []
    for figure in one.figures:
        update = changed.get(figure.code)
        gap = "" if update is None or update.difference is None else f"{update.difference:+d}"
        label = f"{figure.population.label}: {figure.measure.label}"
        before = update.published.text if update else ""
        words = f"{figure.population.definition} {figure.measure.definition}"
        source = figure.population.source if figure.measure is DEATHS else figure.measure.source
        rows.append((figure.code, label, *_number(figure.count), before, gap, words, source))
    last = (NOT_CERTAIN.code, NOT_CERTAIN.label, *_number(one.not_certain), "", "")
    rows.append((*last, NOT_CERTAIN.definition, NOT_CERTAIN.source))
    return _text(one, str(one.quarter), rows)


def account_csv(one: QualityAccount) -> str:
    """Takes a Quality Account; returns CSV text (RFC 4180) with a header, quarters after their
    year. Items 27.4 to 27.6 are words and not in it."""
    rows: list[Sequence[str]] = []
    for line in one.lines:
        rows.append(_item(line.item, line.count, "", ""))
        for number, count in enumerate(line.quarters, 1):
            rows.append(_item(line.item, count, f".q{number}", f", quarter {number}"))
    return _text(one, str(one.year), rows)


def _item(item: Item, count: Count, code: str, label: str) -> Sequence[str]:
    words = (f"{item.number} {item.label}{label}", *_number(count), "", "", item.definition)
    return (f"{item.code}{code}", *words, item.source)


def _number(count: Count) -> tuple[str, str]:
    return count.text, count.precision.value


def _text(one: QuarterlyReturn | QualityAccount, period: str, rows: Iterable[Sequence[str]]) -> str:
    known_at = one.known_at.astimezone(LONDON).isoformat(timespec="seconds")
    organisation = (one.organisation.ods, _inert(one.organisation.name))
    start = (*organisation, period, known_at, one.version.value)
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerows((*start, *row, CAVEAT) for row in rows)
    return out.getvalue()


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
