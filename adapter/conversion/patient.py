"""A person: PID and PD1 as a UK Core Patient, with what is said about death."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.death import write_death
from adapter.conversion.discharge import Verdict
from adapter.conversion.draft import Draft, Resource, reference
from adapter.conversion.groups import Group
from adapter.conversion.identity import Identity, IdentityRules, prior
from adapter.conversion.periods import settle
from adapter.conversion.segment_maps import SegmentMaps
from adapter.er7 import Segment
from mappings import CodeMap
from nhs import addresses


@dataclass(frozen=True, slots=True)
class PatientWriter:
    """Writes Patients with the compiled maps and code tables."""

    maps: SegmentMaps
    yes_no: CodeMap
    identity: IdentityRules

    def write(self, group: Group, identity: Identity, discharge: Verdict, draft: Draft) -> Resource:
        """Takes a person, who they are, and what their discharge says; returns the Patient."""
        patient = _head(identity)
        self.maps["PID[Patient]"](group.person, draft, group.label, patient)
        for pd1 in group.all("PD1")[:1]:
            self.maps["PD1[Patient]"](pd1, draft, "PD1[1]", patient)
        _settle_names(patient, f"{group.label}-5", draft)
        write_death(patient, group.person, group.label, discharge, draft, self.yes_no)
        return patient

    def write_prior(
        self, mrg: Segment, label: str, survivor: Resource, group: Group, draft: Draft
    ) -> None:
        """Takes an MRG and the surviving Patient; adds the prior one, linked both ways."""
        identity = prior(mrg, group.person, label, draft, self.identity)
        patient = _head(identity) | {"active": False}
        self.maps["MRG[Patient]"](mrg, draft, label, patient)
        _settle_names(patient, f"{label}-7", draft)
        patient["link"] = [{"other": reference(survivor["id"]), "type": "replaced-by"}]
        link(survivor, draft.add(patient), "replaces")


def link(patient: Resource, other: dict[str, str], kind: str) -> None:
    """Takes a Patient and a reference to another; adds the link of that kind (FHIR link-type)."""
    patient.setdefault("link", []).append({"other": other, "type": kind})


def _settle_names(patient: Resource, where: str, draft: Draft) -> None:
    for name in patient.get("name", []):
        settle(name.get("period", {}), where, draft)


def _head(identity: Identity) -> Resource:
    patient: Resource = {
        "resourceType": "Patient",
        "id": identity.id,
        "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}Patient"]},
    }
    if identity.identifiers:
        patient["identifier"] = identity.identifiers
    return patient
