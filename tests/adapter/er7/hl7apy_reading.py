"""How hl7apy reads a message: each value with its place. The only module that knows its parser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import hl7apy
from hl7apy.base_datatypes import TextualDataType
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message  # pyright: ignore[reportUnknownVariableType]

VERSIONS = frozenset(hl7apy.SUPPORTED_LIBRARIES)

Place = tuple[int, int, int, int, int]
"""Segment (from 0), field, repetition, component and subcomponent (from 1)."""

UNPLACED = 0
"""Stands for a number that hl7apy does not give."""


@dataclass(frozen=True, slots=True)
class Value:
    """One leaf as hl7apy has it; `is_text` False where hl7apy makes a number or a date of it."""

    place: Place
    written: str
    is_text: bool


@cache
def segments(version: str) -> frozenset[str]:
    """Takes a version; returns the segments it has."""
    library: Any = hl7apy.load_library(version)  # pyright: ignore[reportUnknownMemberType]
    return frozenset(library.SEGMENTS)


def values(text: str) -> Iterator[Value]:
    """Takes the text of a message; yields its values. Raises what hl7apy raises."""
    parse = cast(Any, parse_message)
    message = parse(text, validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=False)
    for number, segment in enumerate(message.children):
        seen: dict[int, int] = {}
        for field in segment.children:
            position = _number(field.name, segment.name)
            seen[position] = seen.get(position, 0) + 1
            for place, leaf in _leaves(field):
                yield _value((number, position, seen[position], *place), leaf)


def _leaves(field: Any) -> Iterator[tuple[tuple[int, int], Any]]:
    for component, own in _placed(field):
        for subcomponent, leaf in _placed(own):
            yield (component, subcomponent), leaf


def _placed(parent: Any) -> Iterator[tuple[int, Any]]:
    """The children with their numbers: by name where hl7apy names them, else by order."""
    children = list(parent.children)
    named = any(_is_numbered(child) for child in children)
    for order, child in enumerate(children, 1):
        if _is_numbered(child):
            yield int(child.name.rpartition("_")[2]), child
        else:
            yield (UNPLACED if named or _is_made_of_parts(parent) else order), child


def _is_numbered(child: Any) -> bool:
    return bool(child.name) and child.name.rpartition("_")[2].isdigit()


def _is_made_of_parts(parent: Any) -> bool:
    """True for a type with named parts, of which only parts beyond them are written."""
    return bool(parent.structure_by_name)


def _number(name: str | None, segment: str) -> int:
    prefix = f"{segment}_"
    return int(name[len(prefix) :]) if name and name.startswith(prefix) else UNPLACED


def _value(place: Place, leaf: Any) -> Value:
    held: object = leaf.value
    if isinstance(held, TextualDataType):
        return Value(place, str(cast(Any, held).value or ""), is_text=True)
    return Value(place, str(leaf.to_er7()), is_text=False)
