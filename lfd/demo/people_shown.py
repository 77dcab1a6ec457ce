"""How a person is shown: when they died, why that is in scope or not, and who is to look back."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group
from rich.table import Table
from rich.text import Text

from lfd.demo.people import Person, Review

LABEL_WIDTH = 10


def with_reviews(person: Person) -> Group:
    """Takes a person whose death is in scope; returns what is shown of them."""
    table = _table()
    _add(table, "in scope", person.in_scope)
    _add(table, "beside", person.not_in_scope, "dim")
    _add(table, "known by", person.sources)
    _add(table, "flag", person.evidence or person.flags, "yellow")
    for review in person.reviews:
        _add(table, "review", [_review(review)])
        _add(table, "lead", [_lead(review)])
    return Group(_who(person), table)


def without_review(person: Person) -> Group:
    """Takes a person with no review; returns what is shown of them."""
    table = _table()
    if person.died is None:
        text = f"No death is on record. {person.asked_by}, their practice, sees the person alive."
        _add(table, "", [text])
    _add(table, "", person.not_in_scope)
    return Group(_who(person), table)


def _who(person: Person) -> Text:
    number = person.nhs_number
    spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
    died = f"died {person.died}" if person.died else "no death"
    return Text.assemble("  ", (person.name, "bold"), f"  NHS number {spaced}, {died}")


def _table() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=0)
    table.add_column(width=LABEL_WIDTH, style="dim", justify="right")
    table.add_column()
    return table


def _add(
    table: Table, label: str, texts: Iterator[str] | list[Text] | tuple[str, ...], style: str = ""
) -> None:
    for number, text in enumerate(texts):
        shown = text if isinstance(text, Text) else Text(text, style)
        table.add_row("", label if number == 0 else "", shown)


def _review(review: Review) -> Text:
    required = "yellow" if review.criteria else ""
    why = f"  {' '.join(review.criteria)}" if review.criteria else ""
    return Text.assemble((review.name, "bold"), ": ", (review.necessity.lower(), required), why)


def _lead(review: Review) -> Text:
    return Text.assemble((review.lead, "bold cyan"), f"  {review.state}: {review.rule}")
