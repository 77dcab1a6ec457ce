"""A score as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from simulation.scoring import Difference, Score

_HEAD = ("", "true", "shown", "found", "missed", "false", "recall", "precision", "of shown")


def table(score: Score) -> Iterator[str]:
    """Takes a score; yields the lines of its table. `shown` is what the messages hold evidence for;
    `of shown` the share of it that was found."""
    rows = [
        (
            row.name,
            *(str(n) for n in (row.true, row.evident, row.found, row.missed, row.false)),
            *(_percent(share) for share in (row.recall, row.precision, row.of_evidence)),
        )
        for row in score.rows
    ]
    widths = [max(len(cell) for cell in column) for column in zip(_HEAD, *rows, strict=True)]
    for cells in (_HEAD, *rows):
        first, *others = zip(cells, widths, strict=True)
        right = "  ".join(cell.rjust(width) for cell, width in others)
        yield f"{first[0].ljust(first[1])}  {right}"


def line(difference: Difference) -> str:
    """Takes a difference; returns it in one line: what, whose, and why."""
    item = f" ({difference.item})" if difference.item else ""
    mark = "" if difference.is_explained else "UNEXPLAINED "
    return (
        f"{mark}{difference.kind} {difference.measure}{item}, {difference.nhs_number}: "
        f"{difference.because or 'no reason is known'}"
    )


def _percent(share: float | None) -> str:
    """A share in per cent, never rounded up to 100 or down to 0."""
    if share is None:
        return "-"
    if share in (0, 1):
        return f"{share:.0%}"
    return f"{min(max(share, 0.001), 0.999):.1%}"
