"""Everything about a person beyond Patient, Encounter, Condition and Flag.

None of it leaves the trust: adapter/conversion/allowed_elements.py does not name these resources.
"""

from __future__ import annotations

from adapter.conversion.allergy import AllergyRules
from adapter.conversion.coded_values import cwe
from adapter.conversion.consent import write_consent
from adapter.conversion.coverage import CoverageRules, write_prior_account
from adapter.conversion.draft import Draft, Resource, concept, reference
from adapter.conversion.groups import Group
from adapter.conversion.legal_status import LegalStatusWriter
from adapter.conversion.observation import ObservationRules
from adapter.conversion.procedure import finish as finish_procedure
from adapter.conversion.recorded_details import DETAILS, observation_kind
from adapter.conversion.restrictions import RestrictionWriter
from adapter.conversion.roles import SEGMENTS as ROLES
from adapter.conversion.roles import RoleWriter
from adapter.conversion.segment_entry import About, Kind, write_entry
from adapter.conversion.segment_maps import SegmentMaps
from adapter.conversion.source import write_source
from mappings import Mappings, Subject
from nhs import addresses

_MOTHER = concept(f"{addresses.TERMINOLOGY}v3-RoleCode", "MTH", "mother")
_RESTRICTING = {"ARV", "PV2"}


class FurtherWriter:
    """Writes the entries that the less common segments become."""

    def __init__(self, maps: SegmentMaps, mappings: Mappings) -> None:
        self._maps = maps
        self._coverage = CoverageRules(maps)
        self._roles = RoleWriter(maps)
        self._restrictions = RestrictionWriter(mappings.codes["access-restriction"])
        self._legal_status = LegalStatusWriter(mappings.codes["legal-status"])
        self._kinds = _kinds(maps, mappings, self._coverage)

    def write(self, group: Group, patient: Resource, stay: Resource | None, draft: Draft) -> None:
        """Takes a person with their Patient and Encounter; adds what else is said of them."""
        about = About(patient, stay, group, reference(patient["id"]))
        counts: dict[str, int] = {}
        for segment in group.segments:
            if kinds := self._kinds.get(segment.id):
                number = counts[segment.id] = counts.get(segment.id, 0) + 1
                label = f"{segment.id}[{number}]"
                for kind in kinds:
                    write_entry(kind, segment, label, about, draft, self._maps)
        self._write_rules(about, draft)

    def write_source(self, header: Resource, provenance: Resource, draft: Draft) -> None:
        """Takes the MessageHeader and the Provenance; adds what MSH, SFT and EVN say to them."""
        write_source(header, provenance, draft, self._maps)

    def _write_rules(self, about: About, draft: Draft) -> None:
        present = about.group.present
        if not present.isdisjoint(ROLES):
            self._roles.write(about, draft)
        if (
            not present.isdisjoint(_RESTRICTING)
            or draft.site.location_shielding_field.segment in present
        ):
            self._restrictions.write(about, draft)
        if draft.site.consent_to_share_field.segment in present:
            write_consent(about, draft)
        self._legal_status.write(about, draft)
        self._coverage.write_account(about, draft)
        if draft.event.subject is Subject.MERGE:
            for mrg in about.group.all("MRG"):
                write_prior_account(mrg, about, draft)


def _kinds(maps: SegmentMaps, mappings: Mappings, coverage: CoverageRules) -> dict[str, list[Kind]]:
    """What each segment becomes, by its id."""
    allergies = AllergyRules(mappings.codes["allergy-severity"], maps)
    observations = ObservationRules(cwe(mappings.codes["coding-system"]))
    kinds = [
        Kind(
            "PID[RelatedPerson-Mother]",
            "RelatedPerson",
            person="patient",
            key=(21,),
            requires=("identifier",),
            only_with=21,
            fixed={"relationship": [_MOTHER]},
        ),
        Kind(
            "NK1[RelatedPerson]",
            "RelatedPerson",
            person="patient",
            key=(2, 3, 12),
            requires=("name", "relationship", "telecom", "identifier"),
        ),
        *(
            Kind(
                f"{segment}[AllergyIntolerance]",
                "AllergyIntolerance",
                person="patient",
                stay="encounter",
                key=(3, 7) if segment == "IAM" else (3,),
                requires=("code",),
                finish=allergies.finish,
            )
            for segment in ("AL1", "IAM")
        ),
        Kind(
            "OBX[Observation]",
            "Observation",
            person="subject",
            stay="encounter",
            key=(3, 4, 14, 21),
            requires=("code",),
            finish=observations.finish,
        ),
        Kind(
            "PR1[Procedure]",
            "Procedure",
            person="subject",
            stay="encounter",
            key=(3, 5, 19),
            requires=("code",),
            finish=finish_procedure,
        ),
        Kind(
            "IN1[Coverage]",
            "Coverage",
            person="beneficiary",
            key=(2, 3, 36),
            requires=("payor",),
            fixed={"status": "active"},
            finish=coverage.finish,
        ),
        *(observation_kind(detail) for detail in DETAILS),
    ]
    by_segment: dict[str, list[Kind]] = {}
    for kind in kinds:
        by_segment.setdefault(kind.map.partition("[")[0], []).append(kind)
    return by_segment
