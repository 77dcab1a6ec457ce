"""The story: the ADT messages in `story/`, in the order of their names, which say what happens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from adapter import er7
from lfd.failure import Failure

_FILES = Path(__file__).with_name("story")


@dataclass(frozen=True, slots=True)
class Told:
    """One message of the story: what it says in plain words, and what stands in it."""

    what: str
    raw: bytes
    sender: str
    trigger: str
    control_id: str
    person: str
    nhs_number: str


def read() -> list[Told]:
    """Returns the messages of the story, in order. Failure: they are not installed."""
    files = sorted(_FILES.glob("*.hl7"))
    if not files:
        raise Failure(f"{_FILES} holds no messages: install the command again with `make install`")
    return [_told(file) for file in files]


def names(messages: Iterable[Told]) -> dict[str, str]:
    """Takes messages; returns the names in them by NHS number, each person once, in order."""
    return {message.nhs_number: message.person for message in messages}


def _told(file: Path) -> Told:
    # In the files each segment has a line of its own; between systems CR ends a segment.
    raw = file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r")
    message = er7.read(raw)
    person = message.first("PID")
    assert person is not None, f"{file.name} has no PID"
    return Told(
        what=_in_words(file.stem),
        raw=raw,
        sender=message.header.text(4),
        trigger=message.header.text(9, 2),
        control_id=message.header.text(10),
        person=f"{person.text(5, 2)} {person.text(5, 1)}",
        nhs_number=person.text(3),
    )


def _in_words(stem: str) -> str:
    """`02-died-in-hospital` in words: Died in hospital."""
    return stem.split("-", 1)[1].replace("-", " ").capitalize()
