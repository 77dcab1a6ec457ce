"""Allergies: AL1 and IAM as UK Core AllergyIntolerance.

v2-to-FHIR AL1[AllergyIntolerance], IAM[AllergyIntolerance]. A severity is of the reaction where one
is described, else of the allergy (criticality). IAM-6 `D` withdraws.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.draft import Draft, Reference, Resource, concept
from adapter.conversion.segment_entry import About, head, place
from adapter.conversion.segment_maps import SegmentMaps
from adapter.conversion.text_values import text
from adapter.er7 import NO_VALUE, NULL, Segment
from mappings import CodeMap
from nhs import addresses

_CLINICAL = f"{addresses.TERMINOLOGY}allergyintolerance-clinical"
_VERIFICATION = f"{addresses.TERMINOLOGY}allergyintolerance-verification"
DELETED, SELF = "D", "SEL"


@dataclass(frozen=True, slots=True)
class AllergyRules:
    """What the rows of AL1 and IAM cannot say; `severity` is HL7 table 0128."""

    severity: CodeMap
    maps: SegmentMaps

    def finish(
        self, allergy: Resource, segment: Segment, label: str, about: About, draft: Draft
    ) -> None:
        """Takes an allergy as its rows wrote it; adds its standing, reaction and reporter."""
        if segment.id == "IAM" and segment.text(6).upper() == DELETED:
            allergy["verificationStatus"] = concept(_VERIFICATION, "entered-in-error")
        if not _is_withdrawn(allergy):
            allergy.setdefault("clinicalStatus", concept(_CLINICAL, "active"))
        else:
            allergy.pop("clinicalStatus", None)
        if reaction := self._reaction(segment, draft):
            allergy["reaction"] = [reaction]
        if segment.id == "IAM" and (reporter := self._reporter(segment, label, about, draft)):
            allergy["recorder"] = reporter

    def _reaction(self, segment: Segment, draft: Draft) -> Resource | None:
        """AL1-5 or IAM-5, one manifestation for each repetition, as severe as field 4 says."""
        told = (c.text(1, 0) for c in segment.composites(5))
        words = [cleaned for w in told if w != NULL and (cleaned := text(w, draft, ""))]
        if not words:
            return None
        reaction: Resource = {"manifestation": [{"text": word} for word in words]}
        if severity := self.severity.find(segment.text(4)):
            reaction["severity"] = severity.code
        return reaction

    def _reporter(self, iam: Segment, label: str, about: About, draft: Draft) -> Reference | None:
        """IAM-14 and IAM-15: the person, somebody close to them, or a professional."""
        relationship = iam.text(15).upper()
        if relationship == SELF:
            return about.person
        if iam.text(14) in NO_VALUE and iam.text(14, 2) in NO_VALUE:
            return None
        kind = "RelatedPerson" if relationship not in NO_VALUE else "Practitioner"
        key = (draft.sender.key, about.patient["id"], iam.field(14), iam.field(15))
        reporter = head(kind, key if kind == "RelatedPerson" else key[::2])
        self.maps[f"IAM[{kind}]"](iam, draft, label, reporter)
        if kind == "RelatedPerson":
            reporter["patient"] = about.person
        return place(reporter, draft)


def _is_withdrawn(allergy: Resource) -> bool:
    """FHIR ait-2: what was entered in error has no clinical status."""
    codings = allergy.get("verificationStatus", {}).get("coding", [])
    return any(coding["code"] == "entered-in-error" for coding in codings)
