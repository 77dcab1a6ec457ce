"""A message as segments, fields and components; split only where somebody looks."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.er7.delimiters import Delimiters
from adapter.er7.escapes import unescape

NULL = '""'
"""The HL7 null: the sender says that a value is to be deleted; '' says nothing about it."""


class Composite:
    """One repetition of a field: components, and subcomponents within them, counted from 1."""

    __slots__ = ("_components", "_subcomponent", "charset", "delimiters", "raw")

    def __init__(self, raw: str, delimiters: Delimiters, charset: str) -> None:
        self.raw = raw
        self.delimiters = delimiters
        self.charset = charset
        self._components = raw.split(delimiters.component)
        self._subcomponent = delimiters.subcomponent

    def text(self, component: int = 1, subcomponent: int = 1) -> str:
        """Takes positions; returns that text unescaped and without padding, '' when absent.

        Subcomponent 0 is the whole component, for components that are plain text and whose
        writer forgot to escape the separator.
        """
        if component > len(self._components):
            return ""
        raw = self._components[component - 1]
        if raw and subcomponent and self._subcomponent:
            parts = raw.split(self._subcomponent)
            raw = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
        elif subcomponent > 1:
            return ""
        return unescape(raw.strip(), self.delimiters, self.charset) if raw else ""

    @property
    def is_null(self) -> bool:
        """True where the sender deletes the whole field."""
        return self.raw.strip() == NULL


class Segment:
    """One line of a message. Fields count from 1, in MSH as the standard counts them."""

    __slots__ = ("_composites", "_fields", "charset", "delimiters", "id")

    def __init__(
        self, segment_id: str, fields: list[str], delimiters: Delimiters, charset: str = "utf-8"
    ) -> None:
        self.id = segment_id
        self.delimiters = delimiters
        self.charset = charset
        self._fields = fields
        self._composites: dict[int, list[Composite]] = {}

    def __len__(self) -> int:
        """The number of the last field that is written."""
        return len(self._fields)

    def field(self, n: int) -> str:
        """Takes a field number; returns its raw text, '' when absent."""
        return self._fields[n - 1] if 0 < n <= len(self._fields) else ""

    def repetitions(self, n: int) -> list[str]:
        """Takes a field number; returns the raw text of each repetition, none when absent."""
        return [composite.raw for composite in self.composites(n)]

    def composites(self, n: int) -> list[Composite]:
        """Takes a field number; returns its repetitions, ready to be read by component."""
        known = self._composites.get(n)
        if known is None:
            known = self._composites[n] = self._split(n)
        return known

    def text(self, n: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """Takes positions; returns that text unescaped, '' when absent, NULL when deleted."""
        composites = self.composites(n)
        if repetition > len(composites):
            return ""
        return composites[repetition - 1].text(component, subcomponent)

    def _split(self, n: int) -> list[Composite]:
        raw = self.field(n)
        if not raw:
            return []
        # MSH-1 and MSH-2 are the separators themselves, so they do not separate there.
        if self.id == "MSH" and n <= 2:
            return [Composite(raw, Delimiters("", "\0", "", "", ""), self.charset)]
        mark = self.delimiters.repetition
        pieces = raw.split(mark) if mark else [raw]
        return [Composite(piece, self.delimiters, self.charset) for piece in pieces]


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
        return next((s for s in self.segments if s.id == segment_id), None)

    def all(self, segment_id: str) -> list[Segment]:
        """Takes a segment id; returns every such segment, in order."""
        return [s for s in self.segments if s.id == segment_id]
