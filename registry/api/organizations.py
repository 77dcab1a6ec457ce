"""Organisations of the directory as FHIR Organization: not personal, seen by every caller."""

from __future__ import annotations

from typing import Any

from nhs import addresses
from registry.api.outcomes import bad_parameter
from registry.api.parameters import token
from registry.directory.organisation import Organisation
from registry.store import organisations
from registry.store.transaction import Connection, Pool

Resource = dict[str, Any]
PARAMETERS = ("_id", "identifier")


async def read(connection: Connection, ods: str) -> Resource:
    """Takes an ODS code; returns its Organization, with the code alone where the directory does
    not hold it."""
    found = await organisations.find(connection, [ods])
    return resource(found[0]) if found else _resource(ods, None)


async def search(pool: Pool, asked: list[tuple[str, str]], base: str) -> Resource:
    """Takes search parameters (_id or identifier); returns the searchset Bundle."""
    codes: list[str] = []
    for name, value in asked:
        if name not in PARAMETERS:
            known = ", ".join(PARAMETERS)
            raise bad_parameter(f"Organization has no such parameter; it has: {known}.")
        codes += [token(one)[1] for one in value.split(",")]
    async with pool.connection() as connection:
        found = [resource(o) for o in await organisations.find(connection, codes)]
    entries = [
        {"fullUrl": f"{base}/Organization/{r['id']}", "resource": r, "search": {"mode": "match"}}
        for r in found
    ]
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return {**bundle, "entry": entries} if entries else bundle


def resource(organisation: Organisation) -> Resource:
    """Takes an organisation of the directory; returns it as UK Core Organization."""
    built = _resource(organisation.ods, organisation.name)
    if organisation.parent:
        built["partOf"] = {"reference": f"Organization/{organisation.parent}"}
    return built


def _resource(ods: str, name: str | None) -> Resource:
    built: Resource = {
        "resourceType": "Organization",
        "id": ods,
        "meta": {"profile": [f"{addresses.UK_CORE_PROFILE}Organization"]},
        "identifier": [{"system": addresses.ODS_ORGANISATION, "value": ods}],
    }
    return {**built, "name": name} if name else built
