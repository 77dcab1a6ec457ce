"""The way through: bytes of one message in, one FHIR message Bundle out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from adapter.conversion.bundle import bundle
from adapter.conversion.condition import ConditionWriter
from adapter.conversion.death import DeathWriter
from adapter.conversion.discharge import DischargeReader
from adapter.conversion.draft import Draft
from adapter.conversion.encounter import EncounterWriter, is_about_stay
from adapter.conversion.examination import examine
from adapter.conversion.fields_read import fields_read
from adapter.conversion.further import FurtherWriter
from adapter.conversion.identity import IdentityRules
from adapter.conversion.patient import PatientWriter
from adapter.conversion.people import PeopleWriter
from adapter.conversion.refusal import Refusal
from adapter.conversion.segment_maps import SegmentMaps
from adapter.conversion.sender import sender
from adapter.conversion.site_rows import SiteRows
from adapter.conversion.text_values import coding
from adapter.conversion.trigger import trigger
from adapter.conversion.unmapped import unmapped
from adapter.conversion.unread import note_unread
from adapter.er7 import Message, NotHl7, read
from mappings import Mappings, Site, Subject


@dataclass(slots=True)
class Conversion:
    """A message as FHIR, or `relevant` False and the `reason` why nothing needs to be said.

    `message` is what was read, for `Converter.unmapped`; `organisation` the ODS code of its sender,
    '' where it is not known.
    """

    bundle: dict[str, Any] | None
    relevant: bool
    reason: str
    message: Message
    organisation: str


class Converter:
    """Converts the messages of one site; safe to share between threads.

    Making one reads and checks all mappings (SourceError); converting reads nothing.
    """

    def __init__(self, site: Site | None = None) -> None:
        self.site = site or Site.default()
        mappings = Mappings.load().for_site(self.site)
        self._events = mappings.events
        self._fields_read = {
            stays: fields_read(mappings, self.site, stays=stays) for stays in (True, False)
        }
        self._people = _people(mappings, self.site)

    def __reduce__(self) -> tuple[type[Converter], tuple[Site]]:
        """Sent to another process, it is made anew there from its site."""
        return Converter, (self.site,)

    def convert(self, raw: bytes) -> Conversion:
        """Takes the bytes of one message; returns it as FHIR.

        Nothing in the Bundle is to be changed: others share parts of it.

        Raises Refusal for what `examine` refuses, and for bytes that are no HL7 v2.
        """
        message = _read(raw)
        if refusal := examine(message, self.site.organisation):
            raise refusal
        event = self._events[trigger(message)]
        sent_by = sender(message, self.site)
        if event.subject is Subject.NOTHING:
            reason = f"{event.code}: {event.reason}"
            return Conversion(None, False, reason, message, sent_by.ods)
        draft = Draft(message, self.site, sent_by, event, hashlib.sha256(raw).hexdigest())
        note_unread(draft, raw)
        return Conversion(bundle(draft, self._people), True, "", message, sent_by.ods)

    def unmapped(self, message: Message) -> list[str]:
        """Takes a message that was converted; returns its valued fields that no mapping reads."""
        event = self._events[trigger(message)]
        has_stay = any(s.id == "PV1" and is_about_stay(s, event) for s in message.segments)
        return unmapped(message, self._fields_read[has_stay])


def _read(raw: bytes) -> Message:
    try:
        return read(raw)
    except NotHl7 as error:
        raise Refusal("100", "MSH", error.reason, kept=False) from None


def _people(mappings: Mappings, site: Site) -> PeopleWriter:
    """Everything that is compiled from the mappings, put together."""
    maps, codes = SegmentMaps(mappings), mappings.codes
    site_rows = SiteRows(maps, site)
    identity = IdentityRules(codes["identifier-type"], codes["nhs-number-status"])
    discharges = DischargeReader(
        site, codes[site.discharge_method_codes], codes["discharge-destination"], mappings.death
    )
    return PeopleWriter(
        identity,
        PatientWriter(maps, DeathWriter(mappings.death, codes["yes-no"]), identity, site_rows),
        EncounterWriter(maps, coding(codes["encounter-class"]), discharges, site_rows),
        ConditionWriter(maps, codes["coding-system"], codes["diagnosis-type"], mappings.flags),
        FurtherWriter(maps, mappings),
    )
