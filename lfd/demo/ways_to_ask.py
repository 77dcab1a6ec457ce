"""How to ask the registry what the screen shows: lines that work when pasted into a shell."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from lfd.demo.asking import by_nhs_number, search_address
from lfd.demo.people import Person
from lfd.demo.seen import Seen


def show(seen: Seen, console: Console) -> None:
    """Takes what there is to show and where; shows the addresses and the lines to paste."""
    practice = seen.participants.practice
    person = _most_reviews(seen.people)
    listening = ", ".join(f"{trust} {where}" for trust, where in seen.stage.mllp.items())
    name = f"{seen.names.get(practice.organisation, 'the practice')} ({practice.organisation})"
    _say(console, f"As {name}, the practice of {person.name}, which may know who leads:")
    _line(console, curl(seen.stage.base_url, person.nhs_number, seen.token))
    _say(console, "That token lasts five minutes. A new one:")
    _line(console, token(seen))
    _say(console, f"Keys of the other clients, named for organisation and role: {seen.stage.keys}")
    _say(console, f"Adapters listen for MLLP: {listening}")


def curl(base_url: str, nhs_number: str, token: str) -> str:
    """Takes the registry's address, an NHS number and a token; returns the line that asks for the
    person's reviews and who leads them."""
    asked = [by_nhs_number(nhs_number), ("_include", "Task:owner")]
    address = search_address(base_url, "Task", asked)
    return f"curl -s -H {shlex.quote(f'Authorization: Bearer {token}')} {shlex.quote(address)}"


def token(seen: Seen) -> str:
    """Takes what is shown; returns the line that gets the practice a new token."""
    practice = seen.participants.practice
    words = [str(_command()), "token", "--client", practice.client]
    words += ["--key", str(practice.key), "--url", seen.stage.base_url]
    return shlex.join(words)


def _most_reviews(people: list[Person]) -> Person:
    return max(people, key=lambda person: len(person.reviews))


def _command() -> Path:
    """Where `lfd` is, from here where it is below here."""
    command = Path(sys.executable).with_name("lfd")
    return Path(os.path.relpath(command)) if command.is_relative_to(Path.cwd()) else command


def _say(console: Console, text: str) -> None:
    console.print(Text(f"  {text}"))


def _line(console: Console, line: str) -> None:
    """One line however long, so that it can be pasted; only a picture folds it."""
    console.print(Text(line, "cyan"), soft_wrap=not console.record)
