"""Compiles the maps of mappings/ into plain functions, once, when a converter is made."""

from __future__ import annotations

from collections.abc import Callable

from adapter.conversion import further_types, text_values
from adapter.conversion.coded_values import cwe, language
from adapter.conversion.draft import Draft, Resource
from adapter.conversion.elements import check_paths
from adapter.conversion.identifiers import organisation_identifier, practitioner_identifier
from adapter.conversion.lasting_entry import ReadComposite, as_entry
from adapter.conversion.locations import bed, ward
from adapter.conversion.map_code import Reader, datatype_code, segment_code
from adapter.conversion.text_values import ReadText
from adapter.er7 import Segment
from mappings import CodeMap, MapFile, Mappings, Row

WriteSegment = Callable[[Segment, Draft, str, Resource], None]
"""Takes a segment, the draft, the segment's label such as `PID[1]`, and the resource to fill."""

_TEXTS: dict[str, ReadText] = {
    "text": text_values.text,
    "boolean": text_values.boolean,
    "integer": text_values.integer,
    "date": text_values.date,
    "dateTime": text_values.date_time,
    **further_types.TEXTS,
}
_CODED: dict[str, Callable[[CodeMap], ReadText]] = {
    "code": text_values.code,
    "Coding": text_values.coding,
    "CodeableConcept": text_values.codeable_concept,
}


class SegmentMaps(dict[str, WriteSegment]):
    """The segment maps of the mappings, compiled, by the guide's names of them; SourceError for
    what cannot be."""

    def __init__(self, mappings: Mappings) -> None:
        super().__init__()
        self._codes = mappings.codes
        self._composites: dict[str, ReadComposite] = {
            "CWE[CodeableConcept]": cwe(mappings.codes["coding-system"]),
            "CWE[CodeableConcept-Language]": language(mappings.codes["language"]),
            "XCN[Identifier]": practitioner_identifier,
            "XON[Identifier]": organisation_identifier,
            "PL[Location]": ward,
            "PL[Location-Bed]": bed,
            **further_types.composites(mappings),
        }
        for mapping in sorted(mappings.datatypes.values(), key=lambda m: m.is_resource):
            check_paths(mapping)
            self._composites[mapping.name] = self._compile_datatype(mapping)
        for mapping in mappings.segments.values():
            self[mapping.name] = self.compile(mapping)

    def compile(self, mapping: MapFile) -> WriteSegment:
        """Takes a segment map; returns what writes it. SourceError for what cannot be."""
        check_paths(mapping)
        return segment_code(mapping, [self._reader(row) for row in mapping.rows]).compile()

    def _compile_datatype(self, mapping: MapFile) -> ReadComposite:
        read = datatype_code(mapping, [self._reader(row) for row in mapping.rows]).compile()
        return as_entry(mapping.fhir, read) if mapping.is_resource else read

    def _reader(self, row: Row) -> Reader:
        """What a row reads with; a type of several components needs the whole field."""
        if row.type not in self._composites and row.type != "CWE":
            return Reader(self._text_reader(row), takes_text=True)
        if row.place.component:
            raise row.source.error(f"{row.type} reads a whole field, not a component of it")
        if row.type == "CWE":
            systems = self._codes["coding-system"]
            return Reader(further_types.mapped_cwe(self._code_map(row), systems), takes_text=False)
        return Reader(self._composites[row.type], takes_text=False)

    def _code_map(self, row: Row) -> CodeMap:
        if row.codes not in self._codes:
            raise row.source.error(f"expected a code map of mappings/codes, not '{row.codes}'")
        return self._codes[row.codes]

    def _text_reader(self, row: Row) -> ReadText:
        if row.type in _CODED:
            return _CODED[row.type](self._code_map(row))
        if row.type not in _TEXTS:
            known = ", ".join([*_TEXTS, *(f"{name}(...)" for name in _CODED), *self._composites])
            raise row.source.error(f"'{row.type}' is no type; expected one of {known}")
        return _TEXTS[row.type]
