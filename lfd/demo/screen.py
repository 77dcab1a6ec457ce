"""The screen at the end of the demo: what was sent, what came of it, and how to ask the same."""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from lfd.demo import people_shown, ways_to_ask
from lfd.demo.nation import Told
from lfd.demo.seen import Seen
from lfd.demo.sending import Sent

WIDTH = 108


def terminal() -> Console:
    """Returns the terminal, not wider than reads well; a file or a pipe gets the full width."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal or console.width > WIDTH:
        console.width = WIDTH
    return console


def show(seen: Seen, console: Console, *, stays: bool) -> None:
    """Takes what there is to show, where, and whether everything keeps running; shows it."""
    reviewed = [person for person in seen.people if person.reviews]
    others = [person for person in seen.people if not person.reviews]
    _heading(console, "Learning from Deaths exchange", "everybody and every place is fictional")
    _heading(console, "Messages by MLLP", "AA: accepted, and kept before it was answered")
    console.print(_messages(seen.sent))
    console.print(Text(f"  {_senders(seen)}", "dim"))
    _heading(console, "From the nation", "of a death that no message of a trust tells")
    console.print(_events(seen.told))
    _heading(console, "Deaths to review", "as the registry tells the trusts involved")
    _each(console, [people_shown.with_reviews(person) for person in reviewed])
    _heading(console, "No review", "and why not")
    _each(console, [people_shown.without_review(person) for person in others])
    _heading(console, "Ask for the same", f"FHIR R4 at {seen.stage.base_url}/fhir")
    ways_to_ask.show(seen, console)
    _heading(
        console,
        "Look around",
        f"the console, as any of these organisations, at {seen.stage.base_url}/",
    )
    end = "Ctrl-C stops everything." if stays else "All of it is stopped now: --once was given."
    console.print(Text(f"  {end}", "bold"))


def _heading(console: Console, title: str, aside: str) -> None:
    console.print(Text.assemble("\n", (title, "bold"), (f"  {aside}", "dim")))


def _each(console: Console, shown: list[Group]) -> None:
    for number, person in enumerate(shown):
        if number:
            console.print()
        console.print(person)


def _senders(seen: Seen) -> str:
    return ", ".join(f"{trust} {seen.names.get(trust, trust)}" for trust in seen.stage.mllp)


def _events(told: list[Told]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for each in told:
        table.add_row("", Text("202", "green"), each.event, each.person, each.what)
    return table


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
