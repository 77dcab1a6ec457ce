"""A part of the drafted site file: it looks at every message, then writes its lines."""

from __future__ import annotations

from typing import Protocol

from adapter.er7 import Message

ENOUGH = 5
"""So many cases make a pattern; fewer leave the question to a person."""

_SURE = 0.9


class Section(Protocol):
    """One subject, such as discharge."""

    def observe(self, message: Message, person: str, /) -> None:
        """Takes a message, and a key of whom it is about."""
        ...

    def lines(self) -> list[str]:
        """Returns its lines of the site file, evidence as comments."""
        ...


def is_clear(count: int, of: int) -> bool:
    """True where a pattern holds for nearly all of enough cases."""
    return of >= ENOUGH and count >= _SURE * of


def comments(*lines: str) -> list[str]:
    """Takes lines; returns them as comments."""
    return [f"# {line}".rstrip() for line in lines]


def question(text: str, *item: str) -> list[str]:
    """Takes a question and the lines of the item that answers it; returns them commented out."""
    return comments(f"? {text}", *item)
