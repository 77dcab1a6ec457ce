"""Where in a message a code stands that a code map translates, from the rows of the mappings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mappings import Mappings

_RULES = (
    ("PV1", 2, 1, "encounter-class"),
    ("PID", 32, 1, "nhs-number-status"),
    ("DG1", 3, 3, "coding-system"),
    ("DG1", 6, 1, "diagnosis-type"),
)
"""Those that Python reads; PID-30, PV1-36 and PV1-37 have sections of their own."""


class CodedField(NamedTuple):
    """A component of a field, and the code map that its values go through."""

    segment: str
    field: int
    component: int
    codes: str

    @property
    def name(self) -> str:
        """As rows write it: PV1-4, PID-5.7."""
        component = f".{self.component}" if self.component > 1 else ""
        return f"{self.segment}-{self.field}{component}"


def coded_fields(mappings: Mappings) -> list[CodedField]:
    """Takes the mappings; returns every coded field, once."""
    fields = [CodedField(*rule) for rule in _RULES]
    for mapping in mappings.segments.values():
        for row in mapping.rows:
            place = row.place
            if row.codes:
                component = place.component or 1
                fields.append(CodedField(place.segment, place.field, component, row.codes))
            for component, codes in _within(row.type, mappings):
                fields.append(CodedField(place.segment, place.field, component, codes))
    return list(dict.fromkeys(fields))


def _within(type_name: str, mappings: Mappings) -> Iterator[tuple[int, str]]:
    if type_name == "CWE[CodeableConcept]":
        yield 3, "coding-system"
    if type_name in mappings.datatypes:
        for row in mappings.datatypes[type_name].rows:
            if row.codes:
                yield row.place.component or 1, row.codes
