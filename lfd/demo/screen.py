"""The screen at the end of the demo: what was sent, what came of it, and how to ask the same."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lfd.demo import people_shown, ways_to_ask
from lfd.demo.seen import Seen
from lfd.demo.sending import Sent

WIDTH = 100


def terminal() -> Console:
    """Returns the terminal, not wider than reads well; a file or a pipe gets the full width."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal or console.width > WIDTH:
        console.width = WIDTH
    return console


def show(seen: Seen, console: Console) -> None:
    """Takes what there is to show and where; shows it."""
    reviewed = [person for person in seen.people if person.reviews]
    others = [person for person in seen.people if not person.reviews]
    _heading(console, "Messages sent by MLLP", "AA: accepted, and kept before it was answered")
    console.print(_messages(seen.sent))
    _heading(console, "Deaths to review", "what the registry tells the trusts involved")
    for person in reviewed:
        console.print(people_shown.with_reviews(person))
    _heading(console, "No review", "and why not")
    for person in others:
        console.print(people_shown.without_review(person))
    _heading(console, "Ask for the same", f"FHIR R4 at {seen.stage.base_url}/fhir")
    ways_to_ask.show(seen, console)


def _heading(console: Console, title: str, aside: str) -> None:
    console.print(Text.assemble("\n", (title, "bold"), (f"  {aside}", "dim")))


def _messages(sent: list[Sent]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for each in sent:
        told, answer = each.told, each.answer
        style = "green" if answer.accepted else "bold red"
        code = Text(answer.code, style)
        place = Text(f"{told.sender} {told.trigger}")
        note = "" if answer.accepted else f" ({answer.text})"
        table.add_row("", code, place, told.control_id, told.person, f"{told.what}{note}")
    return table
