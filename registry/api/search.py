"""Search: `GET /fhir/<type>?...` and `POST /fhir/<type>/_search`.

Unknown parameters are refused: a filter that is silently ignored would disclose. Somebody with no
involvement gets an empty Bundle, as if there were nothing.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from registry.access.caller import Caller
from registry.api import organizations
from registry.api.answers import fhir
from registry.api.outcomes import bad_parameter
from registry.api.parameters import INCLUDES, PARAMETERS
from registry.api.service import Service
from registry.core.visibility import may_see, view
from registry.store import resources
from registry.store.transaction import Connection

Resource = dict[str, Any]
PAGE = 50
LARGEST_PAGE = 1000
_CONTROL = {"_count", "_include", "_cursor"}
# Parameters whose values identify a person and so never stand in an address that we make.
_PERSONAL = {"identifier", "patient.identifier"}


@dataclass
class Query:
    """A search as asked: its conditions with their values, what to include, and which page."""

    resource_type: str
    asked: list[tuple[str, str]]
    conditions: list[str] = field(default_factory=list[str])
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    includes: list[str] = field(default_factory=list[str])
    count: int = PAGE

    def __post_init__(self) -> None:
        for number, (name, value) in enumerate(self.asked):
            if name not in _CONTROL:
                self._filter(number, name, value)
            elif name == "_include":
                self._include(value)
            elif name == "_count":
                self._page_size(value)
            elif name == "_cursor":
                self._after(value)

    def _filter(self, number: int, name: str, value: str) -> None:
        known = PARAMETERS[self.resource_type]
        if name not in known:
            raise bad_parameter(
                f"{self.resource_type} has no search parameter {name[:40]!r}; "
                f"it has: {', '.join(sorted(known))}."
            )
        condition, values = known[name].condition(value)
        for key, bound in values.items():
            condition = condition.replace(f"%({key})s", f"%({key}_{number})s")
            self.values[f"{key}_{number}"] = bound
        self.conditions.append(condition)

    def _include(self, value: str) -> None:
        if value not in INCLUDES[self.resource_type]:
            known = ", ".join(INCLUDES[self.resource_type]) or "none"
            raise bad_parameter(f"_include can be: {known}.")
        self.includes.append(INCLUDES[self.resource_type][value])

    def _page_size(self, value: str) -> None:
        if not value.isascii() or not value.isdigit() or int(value) < 1:
            raise bad_parameter("_count is a whole number, at least 1.")
        self.count = min(int(value), LARGEST_PAGE)

    def _after(self, cursor: str) -> None:
        self.values["after_time"], self.values["after_id"] = _decode(cursor)
        self.conditions.append("(r.updated_at, r.id) < (%(after_time)s, %(after_id)s)")


class Search:
    """The interaction, as an endpoint."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, request: Request) -> Response:
        """Answers with a searchset Bundle of what the caller may see."""
        resource_type = request.path_params["type"]
        caller = await self._service.caller(request, resource_type, "search-type")
        asked = await _asked(request)
        base = self._service.access.fhir_url
        if resource_type == "Organization":
            return fhir(await organizations.search(self._service.pool, asked, base))
        query = Query(resource_type, asked)
        async with self._service.pool.connection() as connection:
            rows = await _matches(connection, query, caller)
            found = [orjson.loads(content) for _, _, content in rows[: query.count]]
            included = await _included(connection, query, found, caller)
        following = rows[query.count - 1] if len(rows) > query.count else None
        return fhir(_searchset(base, query, found, included, caller, following))


async def _asked(request: Request) -> list[tuple[str, str]]:
    asked = request.query_params.multi_items()
    if request.method == "POST":
        raw = (await request.body()).decode("utf-8", "replace")
        asked += parse_qsl(raw, keep_blank_values=True)
    return asked


async def _matches(
    connection: Connection, query: Query, caller: Caller
) -> list[tuple[datetime, str, str]]:
    involved = (
        "EXISTS (SELECT FROM involvement AS i"
        " WHERE i.person = r.person AND i.organisation = %(organisation)s)"
    )
    where = " AND ".join(["r.type = %(type)s", involved, *query.conditions])
    asked = (
        f"SELECT r.updated_at, r.id, r.content FROM resource AS r WHERE {where}"
        " ORDER BY r.updated_at DESC, r.id DESC LIMIT %(limit)s"
    )
    rows = await connection.execute(
        asked.encode(),
        {
            **query.values,
            "type": query.resource_type,
            "organisation": caller.organisation,
            "limit": query.count + 1,
        },
    )
    return await rows.fetchall()


async def _included(
    connection: Connection, query: Query, found: list[Resource], caller: Caller
) -> list[Resource]:
    references = {
        resource[element]["reference"]
        for resource in found
        for element in query.includes
        if "reference" in resource.get(element, {})
    }
    included: list[Resource] = []
    for reference in sorted(references):
        resource_type, _, resource_id = reference.partition("/")
        if resource_type == "Organization":
            included.append(await organizations.read(connection, resource_id))
        elif may_see(caller.role, resource_type):
            stored = await resources.read(
                connection, resource_type, resource_id, caller.organisation
            )
            included += [stored.resource] if stored else []
    return included


def _searchset(
    base: str,
    query: Query,
    found: list[Resource],
    included: list[Resource],
    caller: Caller,
    following: tuple[datetime, str, str] | None,
) -> Resource:
    entries = [_entry(base, r, "match", caller) for r in found]
    entries += [_entry(base, r, "include", caller) for r in included]
    links = [{"relation": "self", "url": _url(base, query, [])}]
    if following is not None:
        links.append({"relation": "next", "url": _next(base, query, found[-1], following)})
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "link": links}
    if following is None and "_cursor" not in dict(query.asked):
        bundle["total"] = len(found)
    return {**bundle, "entry": entries} if entries else bundle


def _entry(base: str, resource: Resource, mode: str, caller: Caller) -> Resource:
    return {
        "fullUrl": f"{base}/{resource['resourceType']}/{resource['id']}",
        "resource": view(resource, caller.role),
        "search": {"mode": mode},
    }


def _next(base: str, query: Query, last: Resource, following: tuple[datetime, str, str]) -> str:
    """The address of the next page; a search by NHS number goes on by the Patient's id."""
    more = [("_cursor", _encode(*following[:2]))]
    if any(name in _PERSONAL for name, _ in query.asked):
        person: Resource = last.get("for") or last["subject"]
        more.append(("patient", person["reference"]))
    return _url(base, query, more)


def _url(base: str, query: Query, more: list[tuple[str, str]]) -> str:
    kept = [(n, v) for n, v in query.asked if n not in _PERSONAL and n != "_cursor"]
    asked = urlencode([*kept, *more])
    return f"{base}/{query.resource_type}" + (f"?{asked}" if asked else "")


def _encode(updated_at: datetime, resource_id: str) -> str:
    return base64.urlsafe_b64encode(f"{updated_at.isoformat()} {resource_id}".encode()).decode()


def _decode(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor.encode()).decode()
        moment, _, resource_id = text.partition(" ")
        return datetime.fromisoformat(moment), resource_id
    except (binascii.Error, ValueError):
        raise bad_parameter("This page's address has been changed; search again.") from None
