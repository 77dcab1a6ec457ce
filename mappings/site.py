"""What differs from one sender to the next, read from a site file over the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mappings.maps import FOLDER
from mappings.rows import FieldPlace, parse_place
from mappings.source import Source, open_source

DEFAULT = FOLDER / "sites" / "default.yaml"
METHOD_TABLES = ("nhs-discharge-method", "ae-disposal")
_KEYS = (
    "organisation",
    "organisations",
    "nhs-number-authorities",
    "nhs-number-types",
    "patient-identity",
    "discharge-method-field",
    "discharge-method-codes",
    "discharge-destination-field",
    "time-zone",
)


@dataclass(frozen=True, slots=True)
class Site:
    """How one sender writes HL7 v2; mappings/sites/default.yaml explains each item.

    `organisation` is the ODS code of the one sender, '' where MSH-4 names it; `organisations` goes
    from the text of MSH-4, in capitals, to an ODS code.
    """

    organisation: str
    organisations: dict[str, str]
    nhs_number_authorities: frozenset[str]
    nhs_number_types: frozenset[str]
    patient_identity: tuple[str, ...]
    discharge_method_field: FieldPlace
    discharge_method_codes: str
    discharge_destination_field: FieldPlace
    time_zone: ZoneInfo

    @classmethod
    def default(cls) -> Site:
        """The site of a sender who writes as the national specifications say."""
        return cls.load(DEFAULT)

    @classmethod
    def load(cls, path: Path) -> Site:
        """Takes a site file; what it leaves out is as in the default. MappingError if wrong."""
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
            patient_identity=tuple(_names(items["patient-identity"])),
            discharge_method_field=_field(items["discharge-method-field"]),
            discharge_method_codes=_one_of(items["discharge-method-codes"], METHOD_TABLES),
            discharge_destination_field=_field(items["discharge-destination-field"]),
            time_zone=_zone(items["time-zone"]),
        )


def _names(source: Source) -> list[str]:
    return [row.text().upper() for row in source.rows()]


def _field(source: Source) -> FieldPlace:
    place = parse_place(source, source.text())
    if not place.segment:
        raise source.error("expected a field with its segment, such as PV1-36")
    return place


def _one_of(source: Source, known: tuple[str, ...]) -> str:
    if source.text() not in known:
        raise source.error(f"expected one of {', '.join(known)}")
    return source.text()


def _zone(source: Source) -> ZoneInfo:
    try:
        return ZoneInfo(source.text())
    except (ZoneInfoNotFoundError, ValueError):
        raise source.error("expected a time zone such as Europe/London") from None
