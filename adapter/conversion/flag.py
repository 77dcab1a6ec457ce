"""Flags: learning disability, autism and severe mental illness, each with its evidence."""

from __future__ import annotations

from adapter.conversion.draft import Draft, Resource, concept, reference
from adapter.conversion.stable_id import stable_id
from conformance import canonical
from mappings import FlagList
from nhs import addresses


def mark_evidence(code: Resource, flag: FlagList) -> None:
    """Takes the coding of a Condition; adds which list, in which version, it is on."""
    extension = {"url": addresses.EXTENSION_VALUE_SET_REFERENCE, "valueUri": flag.reference}
    if extension not in code.setdefault("extension", []):
        code["extension"].append(extension)


def write_flag(flag: FlagList, condition: Resource, is_withdrawn: bool, draft: Draft) -> None:
    """Takes a list and the Condition that is on it; adds the Flag, or its withdrawal."""
    resource: Resource = {
        "resourceType": "Flag",
        "id": stable_id("Flag", condition["id"], flag.flag),
        "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}Flag"]},
        "extension": [
            {
                "url": addresses.EXTENSION_FLAG_DETAIL,
                "valueReference": reference(condition["id"]),
            }
        ],
        "status": "entered-in-error" if is_withdrawn else "active",
        "category": [concept(addresses.FLAG_CATEGORY, "clinical", "Clinical")],
        "code": concept(canonical.FLAG_CODE, flag.flag, flag.title),
        "subject": condition["subject"],
        "author": reference(draft.sender.id),
    }
    if since := condition.get("recordedDate", draft.event_time):
        resource["period"] = {"start": since}
    draft.add(resource)
