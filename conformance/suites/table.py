"""The suites and what they found, as the table of docs/conformance.md."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.suites.suite import Result

BEGIN = "<!-- Written by `python -m conformance.run --write`. -->"
END = "<!-- End of what was written. -->"


def table(results: Iterable[Result]) -> str:
    """Takes results; returns them as a table of Markdown."""
    lines = [
        "| suite | version | cases | passed | failed | left out |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*lines, *map(_line, results)])


def written_into(page: str, results: Iterable[Result]) -> str:
    """Takes the page and results; returns the page with the table between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table(results)}\n\n{END}{after}"


def _line(result: Result) -> str:
    if result.skipped is not None:
        return f"| {result.suite} | {result.version} | | | | all: {result.skipped} |"
    left_out = _reasons(result) or "none"
    passed = len(result.cases) - len(result.failed) - len(result.left_out)
    counts = f"{len(result.cases)} | {passed} | {len(result.failed)} | {left_out}"
    return f"| {result.suite} | {result.version} | {counts} |"


def _reasons(result: Result) -> str:
    reasons: dict[str, int] = {}
    for case in result.left_out:
        reason = case.skipped or ""
        reasons[reason] = reasons.get(reason, 0) + 1
    return "; ".join(f"{number}: {reason}" for reason, number in reasons.items())
