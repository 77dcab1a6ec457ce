"""What differs from one sender to the next, read from a site file over the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mappings.codes import Target
from mappings.death import METHOD_TABLES
from mappings.maps import FOLDER, MapFile
from mappings.rows import FieldPlace, Row, parse_place, parse_row
from mappings.site_codes import DEATH_INDICATOR, read_death_indicator, read_site_codes
from yaml_source import Source, open_source

DEFAULT = FOLDER / "sites" / "default.yaml"
# HL7 table 0103.
PROCESSING_IDS = frozenset({"P", "T", "D"})
PID_2 = ("if-valid", "always", "never")
Z_RESOURCES = ("Patient", "Encounter")
_KEYS = (
    "organisation",
    "organisations",
    "nhs-number-authorities",
    "nhs-number-types",
    "nhs-number-in-pid-2",
    "patient-identity",
    "discharge-method-field",
    "discharge-method-codes",
    "discharge-destination-field",
    "processing-ids",
    "location-shielding-field",
    "location-open-codes",
    "consent-to-share-field",
    "legal-status-field",
    "death-indicator",
    "codes",
    "z-segments",
    "time-zone",
)


@dataclass(frozen=True, slots=True)
class Site:
    """How one sender writes HL7 v2; mappings/sites/default.yaml explains each item.

    `organisation` is the ODS code of the one sender, '' where MSH-4 names it; `organisations` goes
    from the text of MSH-4, in capitals, to an ODS code. `codes` are the sender's own, by code map;
    `z_maps` says what becomes of its Z-segments.
    """

    organisation: str
    organisations: dict[str, str]
    nhs_number_authorities: frozenset[str]
    nhs_number_types: frozenset[str]
    nhs_number_in_pid_2: str
    patient_identity: tuple[str, ...]
    discharge_method_field: FieldPlace
    discharge_method_codes: str
    discharge_destination_field: FieldPlace
    location_shielding_field: FieldPlace
    location_open_codes: frozenset[str]
    consent_to_share_field: FieldPlace
    legal_status_field: FieldPlace | None
    codes: dict[str, dict[str, Target]]
    z_maps: tuple[MapFile, ...]
    time_zone: ZoneInfo
    processing_ids: frozenset[str]

    @classmethod
    def default(cls) -> Site:
        """The site of a sender who writes as the national specifications say."""
        return cls.load(DEFAULT)

    @classmethod
    def load(cls, path: Path) -> Site:
        """Takes a site file; what it leaves out is as in the default. SourceError if wrong."""
        source = open_source(path)
        given = source.only(*_KEYS) if source.node is not None else {}
        items = open_source(DEFAULT).only(*_KEYS) | given
        return cls(
            organisation=items["organisation"].text().upper(),
            organisations={
                text.upper(): ods.text().upper()
                for text, ods in items["organisations"].table().items()
            },
            nhs_number_authorities=frozenset(_names(items["nhs-number-authorities"])),
            nhs_number_types=frozenset(_names(items["nhs-number-types"])),
            nhs_number_in_pid_2=_one_of(items["nhs-number-in-pid-2"], PID_2),
            patient_identity=tuple(_names(items["patient-identity"])),
            discharge_method_field=_field(items["discharge-method-field"]),
            discharge_method_codes=_one_of(items["discharge-method-codes"], METHOD_TABLES),
            discharge_destination_field=_field(items["discharge-destination-field"]),
            location_shielding_field=_field(items["location-shielding-field"]),
            location_open_codes=frozenset(_names(items["location-open-codes"])),
            consent_to_share_field=_field(items["consent-to-share-field"]),
            legal_status_field=_field(items["legal-status-field"])
            if items["legal-status-field"].text()
            else None,
            codes=_codes(items["codes"], items["death-indicator"]),
            z_maps=_z_maps(items["z-segments"]),
            time_zone=_zone(items["time-zone"]),
            processing_ids=frozenset(_processing_ids(items["processing-ids"])),
        )


def _names(source: Source) -> list[str]:
    return [row.text().upper() for row in source.rows()]


def _processing_ids(source: Source) -> list[str]:
    taken = _names(source)
    for row in source.rows():
        if row.text().upper() not in PROCESSING_IDS:
            raise row.error("expected P (production), T (training) or D (debugging)")
    if not taken:
        raise source.error("expected at least one of P, T and D")
    return taken


def _field(source: Source) -> FieldPlace:
    place = parse_place(source, source.text())
    if not place.segment:
        raise source.error("expected a field with its segment, such as PV1-36")
    return place


def _codes(codes: Source, death_indicator: Source) -> dict[str, dict[str, Target]]:
    return read_site_codes(codes) | {DEATH_INDICATOR: read_death_indicator(death_indicator)}


def _z_maps(source: Source) -> tuple[MapFile, ...]:
    """One map for each Z-segment and resource, in the order in which they are first named."""
    rows: dict[tuple[str, str], list[Row]] = {}
    for resource, listed in source.only(*Z_RESOURCES).items():
        for written in listed.rows():
            row = parse_row(written)
            if not row.place.segment.startswith("Z"):
                raise written.error("expected a field of a Z-segment, such as ZU1-3")
            if row.unless and row.unless.segment != row.place.segment:
                raise written.error(f"expected a field of {row.place.segment} after 'unless'")
            rows.setdefault((row.place.segment, resource), []).append(row)
    return tuple(
        MapFile(f"{v2}[{fhir}]", v2, fhir, tuple(of), "", is_resource=False, source=source)
        for (v2, fhir), of in rows.items()
    )


def _one_of(source: Source, known: tuple[str, ...]) -> str:
    if source.text() not in known:
        raise source.error(f"expected one of {', '.join(known)}")
    return source.text()


def _zone(source: Source) -> ZoneInfo:
    try:
        return ZoneInfo(source.text())
    except (ZoneInfoNotFoundError, ValueError):
        raise source.error("expected a time zone such as Europe/London") from None
