"""Professionals with a part in the care of a person: ROL and PRT.

v2-to-FHIR ROL[Encounter-PractitionerRole], ROL[CareTeam], PRT[PractitionerRole], PRT[CareTeam].
Each becomes a PractitionerRole. All of a person are their CareTeam; those after PV1 take part in
the stay too, and a primary care provider is a general practitioner of the Patient.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapter.conversion.draft import Draft, Reference, Resource
from adapter.conversion.periods import settle
from adapter.conversion.segment_entry import About, head, place
from adapter.conversion.segment_maps import SegmentMaps
from adapter.er7 import Segment

SEGMENTS = ("ROL", "PRT")
_ENDED = {"D", "DE", "UN"}
"""HL7 tables 0287 and 0323: deleted, unlinked."""
_PRIMARY_CARE = {"PP", "FHCP"}
_CODE = {"ROL": 3, "PRT": 4}
_KEYS = {"ROL": (1, 3, 4, 5, 6, 9, 13, 14), "PRT": (1, 4, 5, 6, 8, 9, 11, 12)}
"""What tells two roles apart."""
_MEMBER = ("practitioner", "organization", "location")


@dataclass(frozen=True, slots=True)
class RoleWriter:
    """Writes PractitionerRoles and the CareTeam with the compiled maps."""

    maps: SegmentMaps

    def write(self, about: About, draft: Draft) -> None:
        """Takes a person; adds those who have a part in their care."""
        participants: list[Resource] = []
        counts = dict.fromkeys(SEGMENTS, 0)
        in_stay = False
        for segment in about.group.segments:
            in_stay = in_stay or segment.id == "PV1"
            if segment.id not in counts:
                continue
            counts[segment.id] += 1
            label = f"{segment.id}[{counts[segment.id]}]"
            participant = self._participant(segment, label, draft)
            if participant:
                participants.append(participant)
                _enter(participant, segment, about, in_stay)
        if participants:
            team = head("CareTeam", (draft.sender.key, about.patient["id"]))
            team |= {"status": "active", "subject": about.person, "participant": participants}
            place(team, draft)

    def _participant(self, segment: Segment, label: str, draft: Draft) -> Resource | None:
        """A CareTeam.participant; None where the role has ended or nobody is named."""
        if segment.text(2).upper() in _ENDED:
            return None
        written: Resource = {}
        self.maps[f"{segment.id}[PractitionerRole]"](segment, draft, label, written)
        if not any(name in written for name in _MEMBER):
            return None
        settle(written.get("period", {}), label, draft)
        parts = (segment.field(n) for n in _KEYS[segment.id])
        role = head("PractitionerRole", (draft.sender.key, segment.id, *parts)) | written
        participant: Resource = {"member": place(role, draft)}
        if "code" in role:
            participant["role"] = role["code"]
        if "period" in role:
            participant["period"] = role["period"]
        return participant


def _enter(participant: Resource, segment: Segment, about: About, in_stay: bool) -> None:
    member: Reference = participant["member"]
    if in_stay and about.stay:
        taking_part: Resource = {"individual": member}
        if "role" in participant:
            taking_part["type"] = participant["role"]
        if "period" in participant:
            taking_part["period"] = participant["period"]
        about.stay.setdefault("participant", []).append(taking_part)
    elif segment.text(_CODE[segment.id]).upper() in _PRIMARY_CARE:
        about.patient.setdefault("generalPractitioner", []).append(member)
