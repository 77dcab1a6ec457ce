"""What a diagnosis is to a stay: its use and rank (v2-to-FHIR DG1[Encounter])."""

from __future__ import annotations

from adapter.conversion.draft import Resource, concept, reference
from adapter.er7 import Segment
from nhs import addresses

_ROLE = f"{addresses.TERMINOLOGY}diagnosis-role"
_ROLES = {"A": ("AD", "Admission diagnosis"), "F": ("DD", "Discharge diagnosis")}
"""By DG1-6, HL7 table 0052; a working diagnosis has no role of its own."""


def enter_diagnosis(stay: Resource, condition: Resource, dg1: Segment) -> None:
    """Takes a stay, a Condition and its DG1; names the one in the other, each Condition once."""
    diagnosis: Resource = {"condition": reference(condition["id"])}
    if role := _ROLES.get(dg1.text(6).upper()):
        diagnosis["use"] = concept(_ROLE, *role)
    rank = dg1.text(15)
    if rank.isascii() and rank.isdigit() and len(rank) < 10 and int(rank) > 0:
        diagnosis["rank"] = int(rank)
    entered: list[Resource] = stay.setdefault("diagnosis", [])
    if all(one["condition"] != diagnosis["condition"] for one in entered):
        entered.append(diagnosis)
