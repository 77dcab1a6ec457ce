"""A message as segments, fields and components; split only where somebody looks."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.er7.delimiters import Delimiters
from adapter.er7.escapes import unescape
from adapter.er7.limits import MOST_REPETITIONS

NULL = '""'
"""The HL7 null: the sender says that a value is to be deleted; '' says nothing about it."""

_OF_SEPARATORS = Delimiters("", "\0", "", "", "")
"""For MSH-1 and MSH-2, which are the separators themselves, so that nothing separates there."""


class Composite:
    """One repetition of a field: components, and subcomponents within them, counted from 1.

    `components` holds their raw text, from index 0; it is never empty.
    """

    __slots__ = ("charset", "components", "delimiters", "raw")

    def __init__(self, raw: str, delimiters: Delimiters, charset: str) -> None:
        self.raw = raw
        self.delimiters = delimiters
        self.charset = charset
        self.components = raw.split(delimiters.component)

    def text(self, component: int = 1, subcomponent: int = 1) -> str:
        """Takes positions; returns that text unescaped and without padding, '' when absent.

        Subcomponent 0 is the whole component, for components that are plain text and whose
        writer forgot to escape the separator.
        """
        components = self.components
        if component > len(components):
            return ""
        raw = components[component - 1]
        # Letters and digits are no separators and need no unescaping: most values end here.
        if subcomponent <= 1 and (raw.isalnum() or not raw):
            return raw
        delimiters = self.delimiters
        if subcomponent and delimiters.subcomponent and delimiters.subcomponent in raw:
            parts = raw.split(delimiters.subcomponent)
            raw = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
        elif subcomponent > 1:
            return ""
        raw = raw.strip()
        return unescape(raw, delimiters, self.charset) if delimiters.escape in raw else raw

    @property
    def is_null(self) -> bool:
        """True where the sender deletes the whole field."""
        return self.raw.strip() == NULL


class Segment:
    """One line of a message. Fields count from 1, in MSH as the standard counts them.

    `fields` holds the raw text of field 1 at index 0, and ends with the last that is written.
    """

    __slots__ = ("_composites", "charset", "delimiters", "fields", "id")

    def __init__(
        self, segment_id: str, fields: list[str], delimiters: Delimiters, charset: str = "utf-8"
    ) -> None:
        self.id = segment_id
        self.delimiters = delimiters
        self.charset = charset
        self.fields = fields
        self._composites: dict[int, list[Composite]] = {}

    def __len__(self) -> int:
        """The number of the last field that is written."""
        return len(self.fields)

    def field(self, n: int) -> str:
        """Takes a field number; returns its raw text, '' when absent."""
        return self.fields[n - 1] if 0 < n <= len(self.fields) else ""

    def repetitions(self, n: int) -> list[str]:
        """Takes a field number; returns the raw text of each repetition, none when absent."""
        return [composite.raw for composite in self.composites(n)]

    def composites(self, n: int) -> list[Composite]:
        """Takes a field number; returns its repetitions, ready to be read by component."""
        known = self._composites.get(n)
        if known is None:
            known = self._composites[n] = self._split(n)
        return known

    def is_cut(self, n: int) -> bool:
        """Takes a field number; True where it repeats more often than is read."""
        mark = self.delimiters.repetition
        return bool(mark) and self.field(n).count(mark) >= MOST_REPETITIONS

    def text(self, n: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """Takes positions; returns that text unescaped, '' when absent, NULL when deleted."""
        raw = self.fields[n - 1] if 0 < n <= len(self.fields) else ""
        # A field of letters and digits has one repetition of one component.
        if not raw or raw.isalnum():
            return raw if component == 1 and subcomponent <= 1 and repetition == 1 else ""
        composites = self.composites(n)
        if repetition > len(composites):
            return ""
        return composites[repetition - 1].text(component, subcomponent)

    def _split(self, n: int) -> list[Composite]:
        raw = self.field(n)
        if not raw:
            return []
        delimiters, charset = self.delimiters, self.charset
        if self.id == "MSH" and n <= 2:
            return [Composite(raw, _OF_SEPARATORS, charset)]
        mark = delimiters.repetition
        if not mark or mark not in raw:
            return [Composite(raw, delimiters, charset)]
        pieces = raw.split(mark, MOST_REPETITIONS)[:MOST_REPETITIONS]
        return [Composite(piece, delimiters, charset) for piece in pieces]


@dataclass(frozen=True, slots=True)
class Message:
    """The segments of one message, in the order they were sent; unknown ones are kept."""

    segments: list[Segment]
    delimiters: Delimiters
    charset: str

    @property
    def header(self) -> Segment:
        """The MSH segment, which every message begins with."""
        return self.segments[0]

    def first(self, segment_id: str) -> Segment | None:
        """Takes a segment id; returns the first such segment, or None."""
        for segment in self.segments:
            if segment.id == segment_id:
                return segment
        return None

    def all(self, segment_id: str) -> list[Segment]:
        """Takes a segment id; returns every such segment, in order."""
        return [s for s in self.segments if s.id == segment_id]
