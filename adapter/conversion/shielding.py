"""Where a person is, when that may not be told: the label, and what leaves out what it forbids."""

from __future__ import annotations

from typing import Any

from adapter.conversion.further_types import SECONDARY
from nhs import addresses

LOCATION = {
    "system": f"{addresses.TERMINOLOGY}v2-0717",
    "code": "LOC",
    "display": "Patient Location",
}
_ALL = "ALL"
_WHEREABOUTS = {"Patient": "address", "Encounter": "location"}
_HERE = {"active", "planned"}


def without_withheld(resource: dict[str, Any]) -> dict[str, Any]:
    """Takes a resource; returns it without what its labels forbid to tell, without the places of a
    stay where the person is not, or only for a while, and without secondary identifiers."""
    element = _WHEREABOUTS.get(resource["resourceType"])
    if element is None:
        return resource
    kept = dict(resource)
    if _is_shielded(resource):
        kept.pop(element, None)
    elif element == "location" and element in kept:
        kept[element] = [place for place in kept[element] if _is_here(place)]
    if "identifier" in kept:
        kept["identifier"] = [one for one in kept["identifier"] if one.get("use") != SECONDARY]
    return kept


def _is_shielded(resource: dict[str, Any]) -> bool:
    labels: list[dict[str, Any]] = resource.get("meta", {}).get("security", [])
    system = LOCATION["system"]
    return any(
        label.get("system") == system and label.get("code") in {LOCATION["code"], _ALL}
        for label in labels
    )


def _is_here(place: dict[str, Any]) -> bool:
    return place.get("status", "active") in _HERE and "physicalType" not in place
