"""The table that `python -m conformance.run` prints, and what it writes into the page."""

from __future__ import annotations

from conformance.run import PAGE
from conformance.suites.every import EVERY
from conformance.suites.suite import Case, Result
from conformance.suites.table import BEGIN, END, table, written_into

RESULTS = [
    Result("one", "1.0", (Case("a"), Case("b", failed="why"), Case("c", skipped="no need"))),
    Result("other", "2.0", skipped="Node is not here"),
]


def test_each_suite_is_a_line_with_its_counts_and_reasons() -> None:
    *_, one, other = table(RESULTS).splitlines()
    assert one == "| one | 1.0 | 3 | 1 | 1 | 1: no need |"
    assert other == "| other | 2.0 | | | | all: Node is not here |"


def test_only_what_is_between_the_marks_is_written() -> None:
    page = f"before\n\n{BEGIN}\nold\n{END}\n\nafter\n"
    written = written_into(page, RESULTS)
    assert written.startswith(f"before\n\n{BEGIN}\n\n| suite |")
    assert written.endswith(f"{END}\n\nafter\n")
    assert written_into(written, RESULTS) == written


def test_the_page_names_every_suite() -> None:
    page = PAGE.read_text()
    assert [suite.name for suite in EVERY if f"| {suite.name} |" not in page] == []
