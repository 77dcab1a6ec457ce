"""The row language: one field of HL7 v2, and where in FHIR it goes.

PID-5 -> name+ as XPN[HumanName] unless PID-9 with use=official
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from yaml_source import Source

_ROW = re.compile(
    r"(?P<field>\S+)\s+->\s+(?P<path>\S+)"
    r"(?:\s+as\s+(?P<type>\S+))?(?:\s+unless\s+(?P<unless>\S+))?(?:\s+with\s+(?P<with>\S+))?"
)
_FIELD = re.compile(r"(?:(?P<segment>[A-Z][A-Z0-9]{2})-)?(?P<numbers>\d+(?:\.\d+){0,2})")
_STEP = re.compile(r"(?P<name>_?[a-z][A-Za-z]*)(?P<mark>\+|:(?P<extension>[A-Za-z]+))?")
_TYPE = re.compile(r"(?P<name>[A-Za-z0-9\[\]-]+)(?:\((?P<codes>[a-z0-9-]+)\))?")
_EXPECTED = "expected 'FIELD -> path', then as needed 'as TYPE', 'unless FIELD', 'with path=value'"


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """Where a value stands: PV1-3.4.1, or in a data type its component alone, 4.1.

    In a segment, component 0 means the whole field; in a data type, 0 means the whole value.
    """

    segment: str
    field: int
    component: int = 0
    subcomponent: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One element of a path: `name`, `name+` for one more of them, or `extension:Name`."""

    name: str
    adds: bool = False
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that goes in where the message gives none."""

    path: tuple[Step, ...]
    value: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a map; `source` is where it was written, for what is found wrong later."""

    place: FieldPlace
    path: tuple[Step, ...]
    type: str
    codes: str
    unless: FieldPlace | None
    constants: tuple[Constant, ...]
    source: Source


def parse_row(source: Source) -> Row:
    """Takes a row as written; returns it understood. SourceError where it is no row."""
    match = _ROW.fullmatch(source.text())
    if match is None:
        raise source.error(_EXPECTED)
    kind = _TYPE.fullmatch(match["type"] or "text")
    if kind is None:
        raise source.error("expected a type such as XPN[HumanName] or code(administrative-sex)")
    return Row(
        place=parse_place(source, match["field"]),
        path=_path(source, match["path"]),
        type=kind["name"],
        codes=kind["codes"] or "",
        unless=parse_place(source, match["unless"]) if match["unless"] else None,
        constants=tuple(_constant(source, text) for text in _listed(match["with"])),
        source=source,
    )


def parse_place(source: Source, text: str) -> FieldPlace:
    """Takes `PID-3`, `PV1-3.4.1` or, in a data type, `4.1`; SourceError for anything else."""
    match = _FIELD.fullmatch(text)
    if match is None:
        raise source.error(f"'{text}' is no field; expected one such as PID-3, PV1-3.4 or 4.1")
    numbers = [int(number) for number in match["numbers"].split(".")]
    if match["segment"]:
        return FieldPlace(match["segment"], *numbers)
    return FieldPlace("", 0, *numbers)


def _path(source: Source, text: str) -> tuple[Step, ...]:
    return tuple(_step(source, part) for part in text.split("."))


def _step(source: Source, text: str) -> Step:
    match = _STEP.fullmatch(text)
    if match is None:
        raise source.error(f"'{text}' is no element; expected name, name+ or extension:Name")
    return Step(match["name"], adds=bool(match["mark"]), extension=match["extension"] or "")


def _constant(source: Source, text: str) -> Constant:
    path, equals, value = text.partition("=")
    if not equals or not value:
        raise source.error(f"'{text}' sets nothing; expected path=value")
    return Constant(_path(source, path), value)


def _listed(text: str | None) -> list[str]:
    return text.split(",") if text else []
