"""The people a message is about, with their stays and diagnoses, merged or linked as it says."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.condition import ConditionWriter
from adapter.conversion.draft import Draft, Reference, Resource, coding, reference
from adapter.conversion.encounter import EncounterWriter, Stay, visit_id, visit_identifier
from adapter.conversion.further import FurtherWriter
from adapter.conversion.groups import Group, groups
from adapter.conversion.identity import IdentityRules, person
from adapter.conversion.patient import PatientWriter, link
from adapter.conversion.unlink import UNLINK, write_unlink
from adapter.er7 import NO_VALUE
from mappings import Subject, Verdict
from nhs import addresses


@dataclass(frozen=True, slots=True)
class PeopleWriter:
    """Writes Patients, Encounters, Conditions and Flags into a draft."""

    identity: IdentityRules
    patients: PatientWriter
    encounters: EncounterWriter
    conditions: ConditionWriter
    further: FurtherWriter

    def write(self, draft: Draft) -> list[Reference]:
        """Takes a draft; fills it and returns what the message is about."""
        focus: list[Reference] = []
        patients: list[Resource] = []
        for group in groups(draft.message):
            patient, about = self._write_person(group, draft)
            patients.append(patient)
            focus += [reference for reference in about if reference not in focus]
        if draft.event.subject is Subject.LINK:
            _link_all(patients)
        elif draft.event.code == UNLINK:
            write_unlink(patients, draft)
        return focus

    def _write_person(self, group: Group, draft: Draft) -> tuple[Resource, list[Reference]]:
        identity = person(group.person, group.label, draft, self.identity)
        own = reference(identity.id)
        stays = [
            self.encounters.write(pv1, number, group, own, draft)
            for number, pv1 in enumerate(group.all("PV1"), 1)
        ]
        patient = self.patients.write(group, identity, _verdict(stays), draft)
        draft.add(patient)
        if draft.event.subject is Subject.MERGE:
            for number, mrg in enumerate(group.all("MRG"), 1):
                self.patients.write_prior(mrg, f"MRG[{number}]", patient, group, draft)
        written = [stay.resource for stay in stays if stay.resource]
        about = [own, *(draft.add(encounter) for encounter in written)]
        if draft.event.subject is Subject.RENUMBER:
            about += _prior_stays(group, own, draft)
        stay = written[0] if written else None
        self.conditions.write_all(group.all("DG1"), own, stay, draft)
        self.further.write(group, patient, stay, draft)
        return patient, about


def _verdict(stays: list[Stay]) -> Verdict:
    """What the discharges say together: any that says died is enough to say so."""
    verdicts = [stay.discharge.verdict for stay in stays]
    for verdict in (Verdict.DIED, Verdict.SUSPECTED):
        if verdict in verdicts:
            return verdict
    return Verdict.NOTHING


def _link_all(patients: list[Resource]) -> None:
    """Every record to every other: the same person, both records in use (A24)."""
    for patient in patients:
        for other in patients:
            if other["id"] != patient["id"]:
                link(patient, reference(other["id"]), "seealso")


def _prior_stays(group: Group, patient: Reference, draft: Draft) -> list[Reference]:
    """The visit numbers that are no longer used (MRG-5): cancelled stays."""
    numbers = [mrg.text(5) for mrg in group.all("MRG")]
    return [
        draft.add(
            {
                "resourceType": "Encounter",
                "id": visit_id(number, draft),
                "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}Encounter"]},
                "identifier": [visit_identifier(number, "", draft)],
                "status": "cancelled",
                "class": coding(addresses.NULL_FLAVOR, "UNK", "unknown"),
                "subject": patient,
            }
        )
        for number in numbers
        if number not in NO_VALUE
    ]
