"""A person: PID and PD1 as a UK Core Patient, with what is said about death."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.death import DeathWriter
from adapter.conversion.draft import Draft, Resource, reference
from adapter.conversion.groups import Group
from adapter.conversion.identity import Identity, IdentityRules, prior
from adapter.conversion.periods import settle
from adapter.conversion.segment_maps import SegmentMaps
from adapter.conversion.site_rows import SiteRows
from adapter.er7 import Segment
from mappings import Verdict
from nhs import addresses


@dataclass(frozen=True, slots=True)
class PatientWriter:
    """Writes Patients with the compiled maps and code tables."""

    maps: SegmentMaps
    deaths: DeathWriter
    identity: IdentityRules
    site_rows: SiteRows

    def write(self, group: Group, identity: Identity, discharge: Verdict, draft: Draft) -> Resource:
        """Takes a person, who they are, and what their discharge says; returns the Patient."""
        patient = _head(identity)
        self.maps["PID[Patient]"](group.person, draft, group.label, patient)
        for pd1 in group.all("PD1")[:1]:
            self.maps["PD1[Patient]"](pd1, draft, "PD1[1]", patient)
        self.site_rows.write(group, patient, draft)
        _settle_names(patient, f"{group.label}-5", draft)
        self.deaths.write(patient, group, discharge, draft)
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
        if "period" in name:
            settle(name["period"], where, draft)


def _head(identity: Identity) -> Resource:
    patient: Resource = {
        "resourceType": "Patient",
        "id": identity.id,
        "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}Patient"]},
    }
    if identity.identifiers:
        patient["identifier"] = identity.identifiers
    return patient
