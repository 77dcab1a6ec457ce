"""A37: two records that were linked, or taken for one, are of two people after all.

A Patient whose links are left out would only say nothing of them, so a Linkage says that the link
no longer stands. The guide has no map of A37.
"""

from __future__ import annotations

from adapter.conversion.draft import Draft, Resource, reference
from adapter.conversion.stable_id import stable_id

UNLINK = "A37"


def write_unlink(patients: list[Resource], draft: Draft) -> None:
    """Takes the Patients of an A37; adds the Linkage that is not active any more."""
    if len(patients) < 2:
        return
    kinds = ["source"] + ["alternate"] * (len(patients) - 1)
    ids = [patient["id"] for patient in patients]
    draft.add(
        {
            "resourceType": "Linkage",
            "id": stable_id("Linkage", draft.sender.key, *sorted(ids)),
            "active": False,
            "item": [
                {"type": kind, "resource": reference(own)}
                for kind, own in zip(kinds, ids, strict=True)
            ],
        }
    )
