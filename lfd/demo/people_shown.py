"""How a person is shown: when they died, why that is in scope or not, and who is to look back."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group
from rich.table import Table
from rich.text import Text

from lfd.demo.people import Person, Review

LABEL_WIDTH = len("lead proposed")


def with_reviews(person: Person) -> Group:
    """Takes a person whose death is in scope; returns what is shown of them."""
    table = _table()
    _add(table, "in scope", person.in_scope)
    _add(table, "not in scope", person.not_in_scope, "dim")
    _add(table, "known by", person.sources, "dim")
    _add(table, "flag", person.evidence or person.flags, "yellow")
    for review in person.reviews:
        _add(table, "review", [_review(review)])
        _add(table, review.state.lower(), [_lead(review)])
    return Group(_who(person), table)


def without_review(person: Person) -> Group:
    """Takes a person with no review; returns what is shown of them."""
    table = _table()
    _add(table, "not in scope", person.not_in_scope)
    if person.died is None:
        _add(table, "no review", ["No organisation says that this person has died."])
    _add(table, "review ended", person.ended, "dim")
    return Group(_who(person), table)


def _who(person: Person) -> Text:
    number = person.nhs_number
    spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
    died = f"died {person.died}" if person.died else "no death on record"
    return Text.assemble("  ", (person.name, "bold"), f"  NHS number {spaced}, {died}")


def _table() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=0)
    table.add_column(width=LABEL_WIDTH, style="dim", justify="right")
    table.add_column()
    return table


def _add(table: Table, label: str, texts: Iterable[str | Text], style: str = "") -> None:
    for number, text in enumerate(texts):
        shown = text if isinstance(text, Text) else Text(text, style)
        table.add_row("", "" if number else label, shown)


def _review(review: Review) -> Text:
    style = "yellow" if review.criteria else ""
    necessity = f"{review.name}: {review.necessity.lower()}"
    return Text.assemble((necessity, style), *(f". {text}" for text in review.criteria))


def _lead(review: Review) -> Text:
    return Text.assemble((review.lead, "bold cyan"), f": {review.rule}")
