"""What a search brings along: the resources referred to, and those that refer, as far as the
caller may see them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import orjson

from registry.access.caller import Caller
from registry.access.scopes import permits
from registry.api.search.includes import Include
from registry.api.search.query import Query
from registry.api.seeing import sees
from registry.core.visibility import may_see
from registry.store import conditions, search
from registry.store.search import Found, Wanted
from registry.store.transaction import Connection

# As many as a page can hold: whoever brings along more searches for them.
MOST = 1000


async def brought_along(
    connection: Connection, query: Query, found: list[Found], caller: Caller
) -> tuple[list[Found], bool]:
    """Takes a search and what it found; returns what to bring along, none twice and none found
    already, and whether there was more than MOST."""
    keys = {(one.resource_type, one.resource_id) for one in found}
    wanted = [key for key in _referred_to(query.includes, found, caller) if key not in keys]
    brought = await search.by_id(connection, wanted[:MOST], caller.organisation) if wanted else []
    is_cut = len(wanted) > MOST
    for include in query.reverse_includes:
        if not may_bring(caller, include.source) or not found:
            continue
        targets = [f"{one.resource_type}/{one.resource_id}" for one in found]
        referring = Wanted(include.source, (conditions.refers(include.path, targets),))
        more, is_more = await search.page(
            connection, _by_person(referring, found), caller.organisation, MOST
        )
        brought += more
        is_cut = is_cut or is_more
    known: set[tuple[str, str]] = set(keys)
    unique = [
        one
        for one in brought
        if (key := (one.resource_type, one.resource_id)) not in known and not known.add(key)
    ]
    return unique, is_cut


def may_bring(caller: Caller, resource_type: str) -> bool:
    """True where the caller may read the type: by role, and by the scopes of its token."""
    return may_see(caller.role, resource_type) and permits(caller.scopes, resource_type, "read")


def _by_person(wanted: Wanted, found: list[Found]) -> Wanted:
    """Whatever refers to somebody's resource is about the same person: the index by person finds
    it among millions."""
    public = search.PUBLIC_TYPES
    if any(one.resource_type in public for one in found):
        return wanted
    keys = [(one.resource_type, one.resource_id) for one in found]
    return Wanted(wanted.resource_type, (conditions.about_the_same(keys), *wanted.conditions))


def _referred_to(
    includes: list[Include], found: list[Found], caller: Caller
) -> list[tuple[str, str]]:
    """The references to follow, in the order they are met, each once."""
    if not includes:
        return []
    met: dict[tuple[str, str], None] = {}
    for one in found:
        resource = orjson.loads(one.content)
        for include in includes:
            if not sees(caller.role, include.source, include.path.partition(".")[0]):
                continue
            for reference in _references(resource, include.path.split(".")):
                resource_type, _, resource_id = reference.partition("/")
                if resource_type in include.targets and may_bring(caller, resource_type):
                    met[resource_type, resource_id] = None
    return list(met)


def _references(value: Any, path: list[str]) -> Iterable[str]:
    if isinstance(value, list):
        for item in cast(list[Any], value):
            yield from _references(item, path)
    elif isinstance(value, dict):
        said = cast(dict[str, Any], value)
        if path:
            yield from _references(said.get(path[0]), path[1:])
        elif isinstance(said.get("reference"), str):
            yield said["reference"]
