"""What a check of a message finds: never with a value of the message in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """What a problem is about."""

    STRUCTURE = "structure"
    """No known message structure, or not the one of the event."""
    UNKNOWN_SEGMENT = "unknown-segment"
    ORDER = "order"
    CARDINALITY = "cardinality"
    REQUIRED = "required"
    UNKNOWN_FIELD = "unknown-field"
    """More fields, components or subcomponents than the version defines."""
    WITHDRAWN = "withdrawn"
    """Older versions had it, this one forbids it."""
    DATA_TYPE = "data-type"
    TOO_LONG = "too-long"
    TABLE = "table"
    """Not a code of the table, where HL7 itself defines the codes."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Problem:
    """One departure from the standard; `place` is such as `PID[1]-3`, `PID[1]-3[2].4` or `PV1`."""

    place: str
    rule: Rule
    text: str


@dataclass(frozen=True, slots=True)
class Findings:
    """All of one message: the version and structure it was held against, and what was found.

    `notes` say what a person should know that is no problem: local segments and codes, and a
    version that stands in for an unknown one.
    """

    version: str
    structure: str
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
