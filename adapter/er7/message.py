"""A message as segments, fields and components; split only where somebody looks."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.er7.delimiters import Delimiters
from adapter.er7.escapes import unescape
from adapter.er7.limits import MOST_REPETITIONS

NULL = '""'
"""The HL7 null: the sender says that a value is to be deleted; '' says nothing about it."""

NO_VALUE = frozenset({"", NULL})
"""The texts of a field that gives no value: it says nothing, or deletes."""

_OF_SEPARATORS = Delimiters("", "\0", "", "", "")
"""For MSH-1 and MSH-2, which are the separators themselves, so that nothing separates there."""


class Composite:
    """One repetition of a field: components, and subcomponents within them, counted from 1.

    `components` holds their raw text, from index 0; it is never empty. `is_plain` is True where
    nothing in it is escaped and no component has parts, so that only padding is to be taken off.
    """

    __slots__ = ("charset", "components", "delimiters", "is_plain", "raw")

    def __init__(
        self, raw: str, delimiters: Delimiters, charset: str, is_plain: bool = False
    ) -> None:
        self.raw = raw
        self.delimiters = delimiters
        self.charset = charset
        self.is_plain = is_plain
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
        if self.is_plain:
            return raw.strip() if subcomponent <= 1 else ""
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
    `is_plain` is True where it holds neither escapes nor subcomponents, as most do.
    """

    __slots__ = ("_composites", "charset", "delimiters", "fields", "id", "is_plain")

    def __init__(
        self,
        segment_id: str,
        fields: list[str],
        delimiters: Delimiters,
        charset: str = "utf-8",
        is_plain: bool = False,
    ) -> None:
        self.id = segment_id
        self.delimiters = delimiters
        self.charset = charset
        self.is_plain = is_plain
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
        if known is not None:
            return known
        raw = self.fields[n - 1] if 0 < n <= len(self.fields) else ""
        if not raw:
            return []
        delimiters, charset, is_plain = self.delimiters, self.charset, self.is_plain
        mark = delimiters.repetition
        if n <= 2 and self.id == "MSH":
            found = [Composite(raw, _OF_SEPARATORS, charset)]
        elif mark and mark in raw:
            pieces = raw.split(mark, MOST_REPETITIONS)[:MOST_REPETITIONS]
            found = [Composite(piece, delimiters, charset, is_plain) for piece in pieces]
        else:
            found = [Composite(raw, delimiters, charset, is_plain)]
        self._composites[n] = found
        return found

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
        if self.is_plain and subcomponent <= 1 and repetition == 1 and (n > 2 or self.id != "MSH"):
            delimiters = self.delimiters
            if delimiters.repetition:
                raw = raw.split(delimiters.repetition, 1)[0]
            parts = raw.split(delimiters.component, component)
            return parts[component - 1].strip() if component <= len(parts) else ""
        composites = self.composites(n)
        if repetition > len(composites):
            return ""
        return composites[repetition - 1].text(component, subcomponent)


class Message:
    """The segments of one message, in the order they were sent; unknown ones are kept."""

    __slots__ = ("charset", "delimiters", "header", "segments")

    def __init__(self, segments: list[Segment], delimiters: Delimiters, charset: str) -> None:
        self.segments = segments
        self.delimiters = delimiters
        self.charset = charset
        self.header = segments[0]
        """The MSH segment, which every message begins with."""

    def first(self, segment_id: str) -> Segment | None:
        """Takes a segment id; returns the first such segment, or None."""
        for segment in self.segments:
            if segment.id == segment_id:
                return segment
        return None

    def all(self, segment_id: str) -> list[Segment]:
        """Takes a segment id; returns every such segment, in order."""
        return [s for s in self.segments if s.id == segment_id]


def by_id(segments: Iterable[Segment]) -> dict[str, list[Segment]]:
    """Takes segments; returns those of each id, in order."""
    found: dict[str, list[Segment]] = {}
    for segment in segments:
        alike = found.get(segment.id)
        if alike is None:
            found[segment.id] = [segment]
        else:
            alike.append(segment)
    return found
