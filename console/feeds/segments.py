"""A message as lines for people, the place that is wrong marked."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+))?")
_HEADER = "MSH"


@dataclass(frozen=True, slots=True)
class Line:
    """A segment of a message: its number from 1, and its text in three parts, of which the middle
    one is the field that is wrong (None: not one field). `is_marked`: the reason is about this
    segment."""

    number: int
    before: str
    field: str | None = None
    after: str = ""
    is_marked: bool = False

    @property
    def text(self) -> str:
        """The whole segment."""
        return self.before + (self.field or "") + self.after


def lines(text: str, location: str) -> list[Line]:
    """Takes a message's text, a segment on each line, and the location of its fault (`PID[1]-3`,
    `MSH-9`, `PID`, or ''); returns its lines. Where the place is not there, none is marked."""
    place = _PLACE.fullmatch(location)
    wanted = place[1] if place else ""
    occurrence = int(place[2] or 1) if place else 0
    field = int(place[3]) if place and place[3] else None
    found: list[Line] = []
    seen = 0
    for number, segment in enumerate(text.split("\n"), 1):
        is_of_kind = bool(wanted) and segment[:3].upper() == wanted
        seen += is_of_kind
        if is_of_kind and seen == occurrence:
            found.append(_marked(number, segment, field, _separator(text)))
        else:
            found.append(Line(number, segment))
    return found


def _separator(text: str) -> str:
    return text[3:4] if text[:3].upper() == _HEADER else "|"


def _marked(number: int, segment: str, field: int | None, separator: str) -> Line:
    # MSH-1 is the separator itself, so the first field behind one is the second.
    at = None if field is None else field - (segment[:3].upper() == _HEADER)
    fields = segment.split(separator) if separator else [segment]
    if at is None or not 0 < at < len(fields):
        return Line(number, segment, is_marked=True)
    before = separator.join(fields[:at]) + separator
    after = separator + separator.join(fields[at + 1 :]) if at + 1 < len(fields) else ""
    return Line(number, before, fields[at], after, is_marked=True)
