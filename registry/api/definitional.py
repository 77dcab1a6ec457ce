"""The guide itself over the API: profiles, code systems, value sets and search parameters, by id
and by address. Read once; the same for everybody."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

import conformance
from registry.api.call import Answer, Call
from registry.api.entity_tags import is_unchanged
from registry.api.outcomes import bad_parameter, not_found
from registry.api.search.searchset import Entry, Searchset
from registry.api.search.values import either
from registry.store.transaction import Connection
from registry.subscriptions.topic_resources import EXTENSION as TOPIC_EXTENSION

Resource = dict[str, Any]
# name -> what it is; each is a string of the resource, compared whole
SEARCHED = {
    "_id": "The id of the resource.",
    "name": "Its computer name.",
    "status": "The status.",
    "url": "Its canonical address.",
    "version": "Its version.",
}
# Topics of subscriptions: what a Basic says is in extensions (Backport IG).
_OF_TOPICS = SEARCHED | {"code": "What it is: SubscriptionTopic."}


def searched(resource_type: str) -> dict[str, str]:
    """Takes a type; returns the search parameters of it, with what each means."""
    return _OF_TOPICS if resource_type == "Basic" else SEARCHED


async def read(_: Connection, call: Call) -> Answer:
    """Answers with the resource of the id; 304 where the caller has it; 404 where there is
    none."""
    content = _by_type().get(call.resource_type, {}).get(call.resource_id)
    if content is None:
        raise not_found()
    raw = orjson.dumps(content)
    tag = f'W/"{hashlib.sha256(raw).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "max-age=300"}
    if is_unchanged(tag, None, call.headers.get("if-none-match"), None):
        return Answer(304, b"", headers)
    return Answer(200, raw, headers)


class SearchDefinitions:
    """Search by address, id, name, status and version."""

    def __init__(self, base: str) -> None:
        self._base = base

    async def __call__(self, _: Connection, call: Call) -> Answer:
        """Answers with a searchset Bundle."""
        found = list(_by_type().get(call.resource_type, {}).values())
        for name, value in call.asked:
            if name == "_count":
                continue
            if name not in searched(call.resource_type):
                known = ", ".join(searched(call.resource_type))
                raise bad_parameter(f"{call.resource_type} has the search parameters: {known}.")
            is_token = name in ("status", "code")
            wanted = {one.rpartition("|")[2] if is_token else one for one in either(value)}
            found = [one for one in found if said(one, name.removeprefix("_")) in wanted]
        address = f"{self._base}/{call.resource_type}"
        entries = [Entry(f"{address}/{one['id']}", orjson.dumps(one)) for one in found]
        page = Searchset({"self": address}, total=len(found))
        return Answer(200, page.bundle(entries))


def said(resource: Resource, name: str) -> str | None:
    """Takes a resource of the guide and the name of one of its elements; returns what it says
    there, None where it says nothing."""
    if resource["resourceType"] != "Basic" or name == "id":
        return resource.get(name)
    if name == "code":
        return resource["code"]["coding"][0]["code"]
    extensions: list[Resource] = [*resource["extension"], *resource["modifierExtension"]]
    for one in extensions:
        if one["url"] == f"{TOPIC_EXTENSION}{name}":
            return next(value for key, value in one.items() if key.startswith("value"))
    return None


@cache
def _by_type() -> dict[str, dict[str, Resource]]:
    table: dict[str, dict[str, Resource]] = {}
    for file in (files(conformance) / "package").iterdir():
        if file.name.endswith(".json") and "-" in file.name:
            resource: Resource = orjson.loads(file.read_bytes())
            table.setdefault(resource["resourceType"], {})[resource["id"]] = resource
    return table
