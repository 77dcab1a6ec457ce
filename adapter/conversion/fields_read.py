"""Which fields of which segments the conversion reads: by rows of mappings/, and by rules here.

A test reads the whole corpus with every access recorded and holds RULES against what was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mappings import FieldPlace, Mappings, Row, Site

FieldsRead = Mapping[str, frozenset[int]]
"""By segment id, the numbers of its fields."""

RULES: FieldsRead = {
    "MSH": frozenset({3, 4, 7, 9, 10, 11}),
    "EVN": frozenset({1, 2, 6}),
    "PID": frozenset({2, 3, 18, 29, 30, 32}),
    "PV1": frozenset({2, 19, 44, 45}),
    "DG1": frozenset({2, 3, 4, 6, 15, 21}),
    "MRG": frozenset({1, 3, 4, 5}),
    "ARV": frozenset({2, 3}),
    "PV2": frozenset({22}),
    "DB1": frozenset({2}),
    "OBX": frozenset({2, 4, 5, 6}),
    "AL1": frozenset({5}),
    "IAM": frozenset({5, 6}),
    "PR1": frozenset({5, 7, 20}),
    "ROL": frozenset({2}),
    "PRT": frozenset({2}),
}
"""What Python reads, because no single row can say what becomes of it."""

OF_STAYS: FieldsRead = {"PV1": frozenset({44, 45})}
"""Of those, the ones that are not read where no stay is written."""

ENVELOPE: FieldsRead = {"MSH": frozenset({1, 2, 5, 6, 12, 15, 16, 18})}
"""What the reader, the door and the acknowledgement read of a message; no part of what it says."""

NUMBERED = frozenset(
    {"PID", "NK1", "PV1", "DB1", "OBX", "AL1", "IAM", "DG1", "PR1", "GT1", "IN1", "IN3", "UB1"}
    | {"UB2", "NTE", "ROL", "PRT", "ARV"}
)
"""Segments whose first field counts them: a place in the message, and nothing more."""


def fields_read(mappings: Mappings, site: Site, *, stays: bool = True) -> FieldsRead:
    """Takes what a converter is made of, and whether a stay is written; returns every field that
    it, or what stands before it, reads."""
    found: dict[str, set[int]] = {segment: {1} for segment in NUMBERED}
    for declared in (RULES, ENVELOPE):
        for segment, fields in declared.items():
            found.setdefault(segment, set()).update(fields)
    if not stays:
        for segment, fields in OF_STAYS.items():
            found[segment] -= fields
    for place in _places(mappings, site, stays):
        found.setdefault(place.segment, set()).add(place.field)
    return {segment: frozenset(fields) for segment, fields in found.items()}


def fields_of_rows(rows: Iterable[Row]) -> Iterable[FieldPlace]:
    """Takes rows of segment maps; returns each field that they read."""
    for row in rows:
        yield row.place
        if row.unless:
            yield row.unless


def _places(mappings: Mappings, site: Site, stays: bool) -> Iterable[FieldPlace]:
    yield site.discharge_method_field
    yield site.discharge_destination_field
    yield site.location_shielding_field
    yield site.consent_to_share_field
    if site.legal_status_field:
        yield site.legal_status_field
    yield from mappings.death.certified
    yield from mappings.death.mentioned
    for mapping in (*mappings.segments.values(), *site.z_maps):
        if stays or mapping.fhir != "Encounter":
            yield from fields_of_rows(mapping.rows)
