"""Holds the fields of one segment against its definition: presence, number, type, length, table."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.er7 import NULL, Delimiters, Segment, unescape
from adapter.grammar import standard
from adapter.grammar.problem import Problem, Rule
from adapter.grammar.standard import Part

_CODED = {"CE", "CNE", "CWE", "CF"}
_DEFINED_BY_HL7 = {"ID"}
_SUGGESTED_BY_HL7 = {"IS", "CE", "CNE", "CWE", "CF"}


class FieldCheck:
    """Checks segments of one version; `advice` gathers codes that are local, which is allowed."""

    def __init__(self, version: str, delimiters: Delimiters) -> None:
        self._version = version
        self._delimiters = delimiters
        self.advice: list[str] = []

    def check(self, segment: Segment, label: str) -> Iterator[Problem]:
        """Takes a segment and its label such as `PID[1]`; yields what is wrong with its fields."""
        parts = standard.fields(segment.id, self._version)
        if parts is None:
            text = f"{segment.id} is no segment of HL7 v{self._version}"
            yield Problem(label, Rule.UNKNOWN_SEGMENT, text)
            return
        for number, part in enumerate(parts, 1):
            if segment.id != "MSH" or number > 2:
                yield from self._field(segment, number, part, f"{label}-{number}")
        for number in range(len(parts) + 1, len(segment) + 1):
            if segment.field(number).strip():
                text = f"{segment.id} has only {len(parts)} fields in HL7 v{self._version}"
                yield Problem(f"{label}-{number}", Rule.UNKNOWN_FIELD, text)
                return

    def _field(self, segment: Segment, number: int, part: Part, label: str) -> Iterator[Problem]:
        raw = segment.field(number)
        if not raw.strip():
            if part.least:
                text = f"{segment.id}-{number} ({part.name}) is required and empty"
                yield Problem(label, Rule.REQUIRED, text)
            return
        if part.most == 0:
            yield self._withdrawn(label)
            return
        repetitions = segment.repetitions(number)
        if len(repetitions) > part.most:
            most = "may not repeat" if part.most == 1 else f"may repeat {part.most} times at most"
            yield Problem(label, Rule.CARDINALITY, f"{segment.id}-{number} ({part.name}) {most}")
        for position, written in enumerate(repetitions, 1):
            where = label if len(repetitions) == 1 else f"{label}[{position}]"
            if written.strip() not in {"", NULL}:
                yield from self._value(written, part, where, self._separators)

    @property
    def _separators(self) -> tuple[str, ...]:
        return (self._delimiters.component, self._delimiters.subcomponent)

    def _value(
        self, written: str, part: Part, where: str, separators: tuple[str, ...]
    ) -> Iterator[Problem]:
        if not part.type and not part.parts:
            return
        if not part.parts:
            yield from self._primitive(written, part, where, separators)
            return
        pieces = _split(written, separators)
        yield from self._coded(pieces, part, where)
        for number, piece in enumerate(pieces, 1):
            at = f"{where}.{number}"
            if number > len(part.parts):
                if piece.strip():
                    yield _too_many(part, at)
                    return
            elif piece.strip() and part.parts[number - 1].most == 0:
                yield self._withdrawn(at)
            elif not piece.strip():
                yield from _required(part.parts[number - 1], at)
            elif piece.strip() != NULL:
                yield from self._value(piece, part.parts[number - 1], at, separators[1:])

    def _withdrawn(self, where: str) -> Problem:
        return Problem(where, Rule.WITHDRAWN, f"this is withdrawn from HL7 v{self._version}")

    def _coded(self, pieces: list[str], part: Part, where: str) -> Iterator[Problem]:
        """The table of a coded element holds its first component, unless it names another."""
        system = pieces[2].strip() if len(pieces) > 2 else ""
        if part.type in _CODED and system in {"", f"HL7{part.table}"}:
            yield from self._code(pieces[0].strip(), part, f"{where}.1")

    def _primitive(
        self, written: str, part: Part, where: str, separators: tuple[str, ...]
    ) -> Iterator[Problem]:
        if any(piece.strip() for piece in _split(written, separators)[1:]):
            yield _too_many(part, where)
            return
        value = unescape(_split(written, separators)[0].strip(), self._delimiters)
        if value and standard.is_primitive(part.type, self._version):
            yield from self._typed(value, part, where)
        yield from self._code(value, part, where)

    def _typed(self, value: str, part: Part, where: str) -> Iterator[Problem]:
        try:
            most = standard.longest(value, part.type, self._version)
        except ValueError:
            text = f"{part.name} is no value of type {part.type}"
            yield Problem(where, Rule.DATA_TYPE, text)
            return
        if most is not None:
            text = f"{part.name} is {len(value)} characters long; type {part.type} allows {most}"
            yield Problem(where, Rule.TOO_LONG, text)

    def _code(self, value: str, part: Part, where: str) -> Iterator[Problem]:
        found = standard.table(part.table, self._version) if part.table else None
        if found is None or value in {"", NULL} or value in found[1]:
            return
        title = f"HL7 table {part.table} ({found[0].lower()})"
        if part.type in _DEFINED_BY_HL7:
            yield Problem(where, Rule.TABLE, f"{part.name} is no code of {title}")
        elif part.type in _SUGGESTED_BY_HL7:
            self.advice.append(f"{where}: a local code: {title} suggests others")


def _split(written: str, separators: tuple[str, ...]) -> list[str]:
    return written.split(separators[0]) if separators and separators[0] else [written]


def _required(part: Part, where: str) -> Iterator[Problem]:
    if part.least:
        yield Problem(where, Rule.REQUIRED, f"{part.name} is required and empty")


def _too_many(part: Part, where: str) -> Problem:
    count = len(part.parts)
    allowed = f"has only {count} parts" if count else "is one value without parts"
    kind = f" (type {part.type})" if part.type else ""
    return Problem(where, Rule.UNKNOWN_FIELD, f"{part.name}{kind} {allowed}")
