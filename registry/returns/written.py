"""A return or a Quality Account written down: as a page, as rows, or as FHIR."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from registry.returns.csv_rows import account_csv, quarterly_csv
from registry.returns.frozen import Document
from registry.returns.measure_report import account_report, quarterly_report
from registry.returns.page import STYLESHEET, Chart, account_page, quarterly_page
from registry.returns.quarterly import QuarterlyReturn, Update, updates


class Form(StrEnum):
    """How it is written."""

    HTML = "html"
    CSV = "csv"
    JSON = "json"


MEDIA_TYPES = {
    Form.HTML: "text/html; charset=utf-8",
    Form.CSV: "text/csv; charset=utf-8",
    Form.JSON: "application/fhir+json",
}


def written(
    document: Document,
    before: Document | None,
    form: Form,
    stylesheet: str,
    charts: Sequence[Chart] = (),
) -> str:
    """Takes a return or an account, the one published before (None: none), how to write it, the
    address of the stylesheet, and charts of the same organisation; returns the text."""
    match form:
        case Form.JSON:
            return json.dumps(report(document, before), indent=2)
        case Form.CSV if isinstance(document, QuarterlyReturn):
            return quarterly_csv(document, changes(document, before))
        case Form.HTML if isinstance(document, QuarterlyReturn):
            published = before if isinstance(before, QuarterlyReturn) else None
            return quarterly_page(document, stylesheet, published, charts)
        case Form.CSV if not isinstance(document, QuarterlyReturn):
            return account_csv(document)
        case _:
            assert not isinstance(document, QuarterlyReturn)
            return account_page(document, stylesheet)


def report(document: Document, before: Document | None) -> dict[str, Any]:
    """Takes a return or an account and the one published before; returns its MeasureReport."""
    if isinstance(document, QuarterlyReturn):
        return quarterly_report(document, changes(document, before))
    return account_report(document)


def changes(document: QuarterlyReturn, before: Document | None) -> tuple[Update, ...]:
    """Takes a return and the one published before; returns how they differ as shown."""
    return updates(before, document) if isinstance(before, QuarterlyReturn) else ()


def embedded_stylesheet() -> str:
    """Returns an address that holds the stylesheet itself, for a page kept as one file."""
    return f"data:text/css;base64,{b64encode(STYLESHEET.read_bytes()).decode()}"
