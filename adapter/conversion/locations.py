"""Places in a hospital (PL) as FHIR Locations: the site, the ward in it, the bed in the ward."""

from __future__ import annotations

from functools import lru_cache

from adapter.conversion.draft import Draft, Reference, Resource, concept
from adapter.conversion.sender import is_ods_code
from adapter.conversion.stable_id import stable_id
from adapter.er7 import NULL, Composite
from conformance import canonical
from nhs import addresses

PHYSICAL_TYPE = f"{addresses.TERMINOLOGY}location-physical-type"
LONGEST = 200
"""Names beyond this length are no names, and not worth remembering."""
SITE, WARD, BED = "si", "wa", "bd"


def ward(pl: Composite, draft: Draft, _where: str) -> Reference | None:
    """PL.1 in the facility PL.4; the site alone where no ward is written (ITK: PV1-3)."""
    return _ward(_part(pl, 1), _part(pl, 4), draft)


def bed(pl: Composite, draft: Draft, _where: str) -> Reference | None:
    """PL.3 in the room PL.2 of the ward; None where no bed is written."""
    bed_name = _part(pl, 3)
    if not bed_name:
        return None
    room, ward_name, site = _part(pl, 2), _part(pl, 1), _part(pl, 4)
    name = f"{room} {bed_name}" if room else bed_name
    return _place(draft, BED, name, _ward(ward_name, site, draft), site, ward_name)


def expect(places: list[Resource]) -> None:
    """Takes the places of a stay that is only planned; says so of those it is to be at."""
    for place in places:
        if place.get("status") == "active":
            place["status"] = "planned"


def _ward(name: str, site_name: str, draft: Draft) -> Reference | None:
    site = _place(draft, SITE, site_name, None) if site_name else None
    return _place(draft, WARD, name, site, site_name) if name else site


def _place(draft: Draft, kind: str, name: str, within: Reference | None, *key: str) -> Reference:
    part_of = within["reference"] if within else ""
    size = len(name) + sum(map(len, key))
    write = _remembered if size <= LONGEST else _location
    return draft.add(write(draft.sender.key, kind, name, part_of, key))


def _location(sender: str, kind: str, name: str, part_of: str, key: tuple[str, ...]) -> Resource:
    """The place as an entry."""
    location: Resource = {
        "resourceType": "Location",
        "id": stable_id("Location", sender, kind, *key, name),
        "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}Location"]},
        "identifier": [_identifier(sender, kind, name)],
        "name": name,
        "mode": "instance",
        "physicalType": concept(PHYSICAL_TYPE, kind),
    }
    if part_of:
        location["partOf"] = {"reference": part_of}
    return location


_remembered = lru_cache(maxsize=16_384)(_location)
"""A hospital names the same few thousand beds in message after message."""


def _identifier(sender: str, kind: str, name: str) -> Resource:
    if kind == SITE and is_ods_code(name.upper()):
        own = addresses.ODS_SITE if len(name) == 5 else addresses.ODS_ORGANISATION
        return {"system": own, "value": name.upper()}
    return {"system": canonical.local_identifier(sender, f"location-{kind}"), "value": name}


def _part(pl: Composite, component: int) -> str:
    text = pl.text(component)
    return "" if text == NULL else text
