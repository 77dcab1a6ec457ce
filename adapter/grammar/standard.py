"""What the HL7 v2 standard says, read from hl7apy's tables. The only module that knows hl7apy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Protocol, cast

import hl7apy
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import ChildNotFound, HL7apyException, MaxLengthReached
from hl7apy.factories import datatype_factory  # pyright: ignore[reportUnknownVariableType]


class _MakeValue(Protocol):
    """hl7apy's factory of primitive values, which raises where the value is none."""

    def __call__(self, datatype: str, value: str, version: str, validation_level: int) -> object:
        """Takes a type and a value; returns the value as an object."""
        ...


# hl7apy has no types: here they are given, for what is used of it.
_make_value = cast(_MakeValue, datatype_factory)
_load_library = cast("Callable[[str], ModuleType]", hl7apy.load_library)  # pyright: ignore[reportUnknownMemberType]
_load_reference = cast("Callable[[str, str, str], Any]", hl7apy.load_reference)  # pyright: ignore[reportUnknownMemberType]

NO_END = 10**9
"""The most occurrences where the standard sets no bound."""

_ANY = "varies"
# Where hl7apy's list is no list of codes: the version itself, and tables that only say "and so on".
_OPEN_TABLES = {"HL70104"}


@dataclass(frozen=True, slots=True)
class Part:
    """A field, component or subcomponent; `parts` are those it is made of, none for a plain value.

    `type` is '' where anything goes. `table` is a number such as '0001', or ''. `most` is 0 where
    the version has withdrawn it.
    """

    name: str
    least: int
    most: int
    type: str
    table: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a segment, or a group of them (`members`), may stand in a message structure."""

    name: str
    least: int
    most: int
    members: tuple[Place, ...]
    is_choice: bool


@cache
def versions() -> tuple[str, ...]:
    """Returns the versions that are known, the oldest first."""
    return tuple(sorted(hl7apy.SUPPORTED_LIBRARIES, key=number))


def number(version: str) -> tuple[int, ...]:
    """Takes a version such as 2.3.1; returns its numbers, none where it has no number."""
    return tuple(int(part) for part in version.split(".") if part.isascii() and part.isdigit())


@cache
def structure(name: str, version: str) -> Place | None:
    """Takes a message structure such as ADT_A01; returns what it is made of, None if unknown."""
    found = _find(name, "Message", version)
    return None if found is None else _group(name, found, (1, 1))


@cache
def fields(segment: str, version: str) -> tuple[Part, ...] | None:
    """Takes a segment id; returns its fields in order, None where the version has no such one."""
    found = _find(segment, "Segment", version)
    if found is None or not isinstance(found[0], str) or len(found) < 2:
        return None
    return _parts(found[1])


@cache
def table(number: str, version: str) -> tuple[str, frozenset[str]] | None:
    """Takes a table's number; returns its name and codes, None where the codes are not listed."""
    found = _find(f"HL7{number}", "Table", version)
    if found is None or not found[1] or f"HL7{number}" in _OPEN_TABLES:
        return None
    codes = frozenset(str(code) for code in found[1])
    is_list = all(code.isprintable() and " " not in code and "." not in code for code in codes)
    return (str(found[0]).strip(), codes) if is_list else None


def longest(value: str, type_of_value: str, version: str) -> int | None:
    """Takes a value and its primitive type; returns how long it may be if it is longer, else None.

    Raises ValueError where it is no value of that type.
    """
    try:
        _make_value(type_of_value, value, version, VALIDATION_LEVEL.STRICT)
    except MaxLengthReached as error:
        return int(cast("int", error.limit))
    except HL7apyException as error:
        raise ValueError(type_of_value) from error
    return None


def is_primitive(type_of_value: str, version: str) -> bool:
    """True where values of that type are plain text that can be checked by themselves."""
    return bool(_load_library(version).is_base_datatype(type_of_value))


def _find(name: str, kind: str, version: str) -> Any:
    try:
        return _load_reference(name, kind, version)
    except (ChildNotFound, KeyError):
        return None  # the oldest versions have no tables at all


def _group(name: str, reference: Any, cardinality: tuple[int, int]) -> Place:
    members = tuple(
        _group(child[0], child[1], child[2])
        if child[3] == "GRP"
        else Place(child[0], child[2][0], _most(child[2][1]), (), False)
        for child in reference[1]
    )
    return Place(name, cardinality[0], _most(cardinality[1]), members, reference[0] == "choice")


def _parts(children: Any) -> tuple[Part, ...]:
    """In their places: hl7apy leaves out what a version has withdrawn, and so do the numbers."""
    placed = {int(child[0].rpartition("_")[2]): _part(child) for child in children}
    return tuple(placed.get(n, _WITHDRAWN) for n in range(1, max(placed, default=0) + 1))


def _part(child: Any) -> Part:
    name, reference, (least, most), _ = child
    # Of a few fields hl7apy has only the name.
    known = reference and len(reference) == 6
    kind, parts, data_type, meaning, table_name, _ = reference if known else (None,) * 6
    return Part(
        name=str(meaning or name).replace("_", " ").lower(),
        least=least,
        most=0 if data_type == "WD" else _most(most),
        type="" if data_type in {None, _ANY} else str(data_type),
        table=str(table_name or "").removeprefix("HL7"),
        parts=_parts(parts) if kind == "sequence" and parts else (),
    )


_WITHDRAWN = Part("withdrawn", 0, 0, "", "", ())


def _most(written: int) -> int:
    return NO_END if written < 0 else written
