"""A stay: PV1 and PV2 as a UK Core Encounter (v2-to-FHIR PV1[Encounter], PV2[Encounter])."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.discharge import NO_DISCHARGE, Discharge, DischargeReader
from adapter.conversion.draft import Draft, Reference, Resource, coding, reference
from adapter.conversion.groups import Group
from adapter.conversion.hl7_time import read_time
from adapter.conversion.locations import expect
from adapter.conversion.periods import settle
from adapter.conversion.segment_maps import SegmentMaps
from adapter.conversion.site_rows import SiteRows
from adapter.conversion.stable_id import stable_id
from adapter.conversion.text_values import ReadText
from adapter.er7 import NO_VALUE, NULL, Segment
from conformance import canonical
from mappings import Event, Subject
from nhs import addresses

_ABSENT = {"url": addresses.EXTENSION_DATA_ABSENT_REASON, "valueCode": "not-applicable"}
_CANCEL_DISCHARGE = "A13"


@dataclass(slots=True)
class Stay:
    """One PV1 as read. `resource` is None where the message is about no stay we can name."""

    resource: Resource | None
    discharge: Discharge


@dataclass(frozen=True, slots=True)
class EncounterWriter:
    """Writes Encounters with the compiled maps and code tables of a site."""

    maps: SegmentMaps
    read_class: ReadText
    discharges: DischargeReader
    site_rows: SiteRows

    def write(
        self, pv1: Segment, number: int, group: Group, patient: Reference, draft: Draft
    ) -> Stay:
        """Takes a PV1, which one of its kind it is, and its person; returns the stay."""
        label = f"PV1[{number}]"
        encounter_class = self._class(pv1, label, draft)
        discharge = NO_DISCHARGE
        if _can_end(draft.event):
            discharge = self.discharges.read(group, pv1, encounter_class.get("code", ""), draft)
        if not is_about_stay(pv1, draft.event):
            return Stay(None, discharge)
        encounter = _head(pv1, pv1.text(19), patient, draft)
        encounter["status"] = status(draft.event, pv1, encounter_class)
        encounter["class"] = encounter_class
        self.maps["PV1[Encounter]"](pv1, draft, label, encounter)
        for pv2 in group.all("PV2")[:1]:
            self.maps["PV2[Encounter]"](pv2, draft, "PV2[1]", encounter)
        if encounter["status"] == "planned":
            expect(encounter.get("location", []))
        self.site_rows.write(group, encounter, draft)
        if period := _period(pv1, label, draft):
            encounter["period"] = period
        _add_discharge(encounter, discharge)
        encounter["serviceProvider"] = reference(draft.sender.id)
        return Stay(encounter, discharge)

    def _class(self, pv1: Segment, label: str, draft: Draft) -> Resource:
        written = pv1.text(2)
        if written in NO_VALUE:
            return coding(addresses.NULL_FLAVOR, "UNK", "unknown")
        found = self.read_class(written, draft, f"{label}-2")
        return found or coding(addresses.NULL_FLAVOR, "UNK", "unknown")


def is_about_stay(pv1: Segment, event: Event) -> bool:
    """False where an event about a person has a PV1 without a visit number, as many do."""
    subject = event.subject
    if subject is Subject.PERSON or subject is Subject.MERGE:
        return pv1.text(19) not in NO_VALUE
    return True


def status(event: Event, pv1: Segment, encounter_class: Resource) -> str:
    """Takes the trigger event, the PV1 and its class; returns Encounter.status.

    The table is mappings/events.yaml: event by PV1-45, and PV1-2 where only that can tell.
    """
    if pv1.text(45) not in NO_VALUE:
        return event.status_discharged
    if encounter_class.get("code") == "PRENC":
        return event.status_preadmit
    return event.status


def visit_id(visit: str, draft: Draft) -> str:
    """Takes a visit number; returns the id of its Encounter, whatever authority it is under."""
    return stable_id("Encounter", draft.sender.key, visit)


def visit_identifier(visit: str, authority: str, draft: Draft) -> Resource:
    """Takes PV1-19.1 and PV1-19.4; returns the Encounter's identifier."""
    name = f"visit-{authority}" if authority else "visit"
    return {"system": canonical.local_identifier(draft.sender.key, name), "value": visit}


def _head(pv1: Segment, visit: str, patient: Reference, draft: Draft) -> Resource:
    encounter: Resource = {"resourceType": "Encounter"}
    if visit in NO_VALUE:
        admitted = pv1.text(44) or draft.digest
        encounter["id"] = stable_id("Encounter", draft.sender.key, patient["reference"], admitted)
    else:
        encounter["id"] = visit_id(visit, draft)
        encounter["identifier"] = [visit_identifier(visit, pv1.text(19, 4).upper(), draft)]
    encounter["meta"] = {"profile": [f"{addresses.UK_CORE_PROFILE}Encounter"]}
    encounter["subject"] = patient
    return encounter


def _can_end(event: Event) -> bool:
    """False for events after which a stay is not over, so that any discharge is an old one."""
    return event.status_discharged == "finished"


def _period(pv1: Segment, label: str, draft: Draft) -> Resource:
    period: Resource = {}
    _add_time(period, "start", pv1, 44, label, draft)
    if _can_end(draft.event):
        _add_time(period, "end", pv1, 45, label, draft)
    elif draft.event.code == _CANCEL_DISCHARGE:
        period["_end"] = {"extension": [_ABSENT]}
    settle(period, f"{label}-44", draft)
    return period


def _add_time(
    period: Resource, name: str, pv1: Segment, field: int, label: str, draft: Draft
) -> None:
    written = pv1.text(field)
    if written == NULL:
        period[f"_{name}"] = {"extension": [_ABSENT]}
    elif written:
        time = read_time(written, draft.site.time_zone)
        if time.issue:
            draft.note(time.issue, f"{label}-{field}")
        if time.text:
            period[name] = time.text


def _add_discharge(encounter: Resource, discharge: Discharge) -> None:
    if discharge.method:
        extension = {
            "url": addresses.EXTENSION_DISCHARGE_METHOD,
            "valueCodeableConcept": discharge.method,
        }
        encounter.setdefault("extension", []).append(extension)
    if discharge.destination:
        hospitalization = encounter.setdefault("hospitalization", {})
        hospitalization["dischargeDisposition"] = discharge.destination
