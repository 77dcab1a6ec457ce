"""Compiles the rows of mappings/ into plain functions, once, when a converter is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapter.conversion import text_values
from adapter.conversion.coded_values import cwe, language
from adapter.conversion.draft import Draft, Resource
from adapter.conversion.elements import check_paths
from adapter.conversion.identifiers import organisation_identifier, practitioner_identifier
from adapter.conversion.locations import bed, ward
from adapter.conversion.paths import compile_put
from adapter.conversion.stable_id import stable_id
from adapter.conversion.text_values import ReadText
from adapter.er7 import NULL, Composite, Segment
from mappings import CodeMap, FieldPlace, MapFile, Mappings, Row
from nhs import addresses

ReadComposite = Callable[[Composite, Draft, str], Any]
"""Takes one repetition of a field, the draft, and the field for issues; None says nothing."""

WriteSegment = Callable[[Segment, Draft, str, Resource], None]
"""Takes a segment, the draft, the segment's label such as `PID[1]`, and the resource to fill."""

WriteRow = WriteSegment

_TEXTS: dict[str, ReadText] = {
    "text": text_values.text,
    "boolean": text_values.boolean,
    "integer": text_values.integer,
    "date": text_values.date,
    "dateTime": text_values.date_time,
}
_CODED: dict[str, Callable[[CodeMap], ReadText]] = {
    "code": text_values.code,
    "Coding": text_values.coding,
    "CodeableConcept": text_values.codeable_concept,
}


class SegmentMaps:
    """The segment maps of the mappings, compiled; MappingError for what cannot be."""

    def __init__(self, mappings: Mappings) -> None:
        self._codes = mappings.codes
        self._composites: dict[str, ReadComposite] = {
            "CWE[CodeableConcept]": cwe(mappings.codes["coding-system"]),
            "CWE[CodeableConcept-Language]": language(mappings.codes["language"]),
            "XCN[Identifier]": practitioner_identifier,
            "XON[Identifier]": organisation_identifier,
            "PL[Location]": ward,
            "PL[Location-Bed]": bed,
        }
        for mapping in sorted(mappings.datatypes.values(), key=lambda m: m.is_resource):
            check_paths(mapping)
            self._composites[mapping.name] = self._compile_datatype(mapping)
        self._segments: dict[str, WriteSegment] = {}
        for mapping in mappings.segments.values():
            check_paths(mapping)
            self._segments[mapping.name] = self._compile_segment(mapping)

    def __getitem__(self, name: str) -> WriteSegment:
        """Takes the guide's name of a segment map; returns what writes it."""
        return self._segments[name]

    def _compile_segment(self, mapping: MapFile) -> WriteSegment:
        rows = [self._compile_field(row) for row in mapping.rows]

        def write(segment: Segment, draft: Draft, label: str, resource: Resource) -> None:
            for row in rows:
                row(segment, draft, label, resource)

        return write

    def _compile_field(self, row: Row) -> WriteRow:
        field, read, put = row.place.field, self._reader(row), compile_put(row)
        repeats, unless = any(step.adds for step in row.path), row.unless

        def write(segment: Segment, draft: Draft, label: str, resource: Resource) -> None:
            if not segment.field(field) or (unless and _is_valued(segment, unless)):
                return
            for composite in segment.composites(field):
                value = read(composite, draft, f"{label}-{field}")
                if value is not None:
                    put(resource, value)
                    if not repeats:
                        return

        return write

    def _compile_datatype(self, mapping: MapFile) -> ReadComposite:
        rows = [(self._reader(row), compile_put(row), row.unless) for row in mapping.rows]
        requires = mapping.requires

        def read(composite: Composite, draft: Draft, where: str) -> Resource | None:
            if composite.is_null:
                return None
            element: Resource = {}
            for read_row, put, unless in rows:
                if unless and composite.text(unless.component):
                    continue
                value = read_row(composite, draft, where)
                if value is not None:
                    put(element, value)
            return element if element and (not requires or requires in element) else None

        return _as_entry(mapping.fhir, read) if mapping.is_resource else read

    def _reader(self, row: Row) -> ReadComposite:
        """What a row reads with; a type of several components needs the whole field."""
        if row.type in self._composites:
            if row.place.component:
                raise row.source.error(f"{row.type} reads a whole field, not a component of it")
            return self._composites[row.type]
        return _component_reader(row.place, self._text_reader(row))

    def _text_reader(self, row: Row) -> ReadText:
        if row.type in _CODED:
            if row.codes not in self._codes:
                raise row.source.error(f"expected a code map of mappings/codes, not '{row.codes}'")
            return _CODED[row.type](self._codes[row.codes])
        if row.type not in _TEXTS:
            known = ", ".join([*_TEXTS, *(f"{name}(...)" for name in _CODED), *self._composites])
            raise row.source.error(f"'{row.type}' is no type; expected one of {known}")
        return _TEXTS[row.type]


def _component_reader(place: FieldPlace, read_text: ReadText) -> ReadComposite:
    component, subcomponent = place.component or 1, place.subcomponent

    def read(composite: Composite, draft: Draft, where: str) -> Any:
        written = composite.text(component, subcomponent)
        return read_text(written, draft, where) if written and written != NULL else None

    return read


def _as_entry(resource_type: str, read: ReadComposite) -> ReadComposite:
    """What makes a value an entry of its own and gives a reference to it."""
    profile = f"{addresses.UK_CORE_PROFILE}{resource_type}"

    def read_entry(composite: Composite, draft: Draft, where: str) -> Any:
        resource = read(composite, draft, where)
        if resource is None:
            return None
        own = resource.get("identifier")
        key = (own[0]["system"], own[0]["value"]) if own else (draft.sender.key, composite.raw)
        head = {"resourceType": resource_type, "id": stable_id(resource_type, *key)}
        return draft.add(head | {"meta": {"profile": [profile]}} | resource)

    return read_entry


def _is_valued(segment: Segment, place: FieldPlace) -> bool:
    return segment.text(place.field, place.component or 1) not in {"", NULL}
