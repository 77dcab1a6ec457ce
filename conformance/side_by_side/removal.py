"""Which fields of a message a converter uses: those without which it says something else."""

from __future__ import annotations

from typing import NamedTuple

# What holds the message itself together: without it, nothing is a message.
_ENVELOPE = {("MSH", 1), ("MSH", 2), ("MSH", 9), ("MSH", 12)}
_NO_VALUE = {"", '""'}


class Field(NamedTuple):
    """A field of a segment, such as PID-29."""

    segment: str
    number: int

    @property
    def name(self) -> str:
        """As HL7 writes it."""
        return f"{self.segment}-{self.number}"


def valued(message: str) -> dict[Field, str]:
    """Takes a message whose lines end in CR; returns the fields that have a value, each with its
    first. MSH-1, 2, 9 and 12 are left out: nothing is a message without them."""
    found: dict[Field, str] = {}
    separator = message[3:4]
    for line in message.split("\r"):
        segment, *parts = line.split(separator)
        first = 2 if segment == "MSH" else 1
        for number, value in enumerate(parts, first):
            field = Field(segment, number)
            if value.strip() not in _NO_VALUE and field not in _ENVELOPE:
                found.setdefault(field, value)
    return found


def without(message: str, field: Field) -> str:
    """Takes a message and a field; returns the message with that field empty in every segment of
    its kind."""
    separator = message[3:4]
    lines = message.split("\r")
    return "\r".join(_emptied(line, field, separator) for line in lines)


def _emptied(line: str, field: Field, separator: str) -> str:
    parts = line.split(separator)
    at = field.number - 1 if field.segment == "MSH" else field.number
    if parts[0] == field.segment and at < len(parts):
        parts[at] = ""
    return separator.join(parts)
