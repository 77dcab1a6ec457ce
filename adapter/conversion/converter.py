"""The way through: bytes of one message in, one FHIR message Bundle out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from adapter.conversion.bundle import bundle
from adapter.conversion.condition import ConditionWriter
from adapter.conversion.discharge import DischargeReader
from adapter.conversion.draft import Draft
from adapter.conversion.encounter import EncounterWriter
from adapter.conversion.examination import examine
from adapter.conversion.identity import IdentityRules
from adapter.conversion.patient import PatientWriter
from adapter.conversion.people import PeopleWriter
from adapter.conversion.refusal import Refusal
from adapter.conversion.segment_maps import SegmentMaps
from adapter.conversion.sender import sender
from adapter.conversion.trigger import trigger
from adapter.er7 import Message, NotHl7, read
from mappings import Mappings, Site, Subject


@dataclass(frozen=True, slots=True)
class Conversion:
    """A message as FHIR, or `relevant` False and the `reason` why nothing needs to be said."""

    bundle: dict[str, Any] | None
    relevant: bool
    reason: str


class Converter:
    """Converts the messages of one site; safe to share between threads.

    Making one reads and checks all mappings (MappingError); converting reads nothing.
    """

    def __init__(self, site: Site | None = None) -> None:
        self.site = site or Site.default()
        mappings = Mappings.load()
        self._events = mappings.events
        self._people = _people(mappings, self.site)

    def convert(self, raw: bytes) -> Conversion:
        """Takes the bytes of one message; returns it as FHIR.

        Raises Refusal for what `examine` refuses, and for bytes that are no HL7 v2.
        """
        message = _read(raw)
        if refusal := examine(message, self.site.organisation):
            raise refusal
        event = self._events[trigger(message)]
        if event.subject is Subject.NOTHING:
            return Conversion(None, relevant=False, reason=f"{event.code}: {event.reason}")
        draft = Draft(
            message, self.site, sender(message, self.site), event, hashlib.sha256(raw).hexdigest()
        )
        return Conversion(bundle(draft, self._people), relevant=True, reason="")


def _read(raw: bytes) -> Message:
    try:
        return read(raw)
    except NotHl7 as error:
        raise Refusal("100", "MSH", error.reason, kept=False) from None


def _people(mappings: Mappings, site: Site) -> PeopleWriter:
    """Everything that is compiled from the mappings, put together."""
    maps, codes = SegmentMaps(mappings), mappings.codes
    identity = IdentityRules(codes["identifier-type"], codes["nhs-number-status"])
    discharges = DischargeReader(codes[site.discharge_method_codes], codes["discharge-destination"])
    return PeopleWriter(
        identity,
        PatientWriter(maps, codes["yes-no"], identity),
        EncounterWriter(maps, codes["encounter-class"], discharges),
        ConditionWriter(maps, codes["coding-system"], codes["diagnosis-type"], mappings.flags),
    )
