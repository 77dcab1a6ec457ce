"""Places in a hospital (PL) as FHIR Locations: the site, the ward in it, the bed in the ward."""

from __future__ import annotations

from adapter.conversion.draft import Draft, Reference, Resource, concept
from adapter.conversion.sender import is_ods_code
from adapter.conversion.stable_id import stable_id
from adapter.er7 import NULL, Composite
from conformance import canonical
from nhs import addresses

PHYSICAL_TYPE = f"{addresses.TERMINOLOGY}location-physical-type"
SITE, WARD, BED = "si", "wa", "bd"


def ward(pl: Composite, draft: Draft, _where: str) -> Reference | None:
    """PL.1 in the facility PL.4; the site alone where no ward is written (ITK: PV1-3)."""
    site = _site(pl, draft)
    name = _part(pl, 1)
    if not name:
        return site
    return _place(draft, WARD, name, site, _part(pl, 4))


def bed(pl: Composite, draft: Draft, where: str) -> Reference | None:
    """PL.3 in the room PL.2 of the ward; None where no bed is written."""
    name = " ".join(part for part in (_part(pl, 2), _part(pl, 3)) if part)
    if not _part(pl, 3):
        return None
    within = ward(pl, draft, where)
    return _place(draft, BED, name, within, _part(pl, 4), _part(pl, 1))


def expect(places: list[Resource]) -> None:
    """Takes the places of a stay that is only planned; says so of those it is to be at."""
    for place in places:
        if place.get("status") == "active":
            place["status"] = "planned"


def _site(pl: Composite, draft: Draft) -> Reference | None:
    name = _part(pl, 4)
    return _place(draft, SITE, name, None) if name else None


def _place(draft: Draft, kind: str, name: str, within: Reference | None, *key: str) -> Reference:
    location: Resource = {
        "resourceType": "Location",
        "id": stable_id("Location", draft.sender.key, kind, *key, name),
        "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}Location"]},
        "identifier": [_identifier(draft, kind, name)],
        "name": name,
        "mode": "instance",
        "physicalType": concept(PHYSICAL_TYPE, kind),
    }
    if within:
        location["partOf"] = within
    return draft.add(location)


def _identifier(draft: Draft, kind: str, name: str) -> Resource:
    if kind == SITE and is_ods_code(name.upper()):
        own = addresses.ODS_SITE if len(name) == 5 else addresses.ODS_ORGANISATION
        return {"system": own, "value": name.upper()}
    return {
        "system": canonical.local_identifier(draft.sender.key, f"location-{kind}"),
        "value": name,
    }


def _part(pl: Composite, component: int) -> str:
    text = pl.text(component)
    return "" if text == NULL else text
