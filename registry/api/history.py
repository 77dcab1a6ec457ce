"""History of a resource and of a type: every version, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson

from registry.api.call import Answer, Call
from registry.api.entity_tags import etag
from registry.api.from_replica import to_go_on_from
from registry.api.outcomes import bad_parameter
from registry.api.page_tokens import PARAMETER
from registry.api.read import absent
from registry.api.search.query import LARGEST_PAGE, PAGE
from registry.api.search.searchset import seen_up_to
from registry.api.search.values import moments
from registry.api.seeing import shown
from registry.api.service import Service
from registry.audit.act import Subject
from registry.store import versions
from registry.store.search import AUDIT
from registry.store.transaction import Connection
from registry.store.versions import After, Version

PARAMETERS = {
    "_count": "How many versions a page holds, at most 1000.",
    "_since": "Only versions written at or after this instant.",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    used: tuple[tuple[str, str], ...]
    since: datetime | None
    count: int
    after: After | None = None


class History:
    """The interactions history-instance and history-type."""

    def __init__(self, service: Service) -> None:
        self._tokens = service.page_tokens
        self._base = service.access.fhir_url
        self._watermark = service.watermark
        self._is_replicated = service.replicas is not None

    async def __call__(self, connection: Connection, call: Call) -> Answer:
        """Answers with a history Bundle. 404 for a resource that is not there or not the
        caller's, 410 for one that was removed."""
        asked = self._asked(call)
        organisation = call.caller.organisation
        if call.resource_id and not await versions.current(
            connection, call.resource_type, call.resource_id, organisation
        ):
            raise await absent(connection, call)
        instant = None
        if asked.after is None and call.resource_type != AUDIT:
            instant = await self._watermark.safe(connection)
        found, is_more = await versions.history(
            connection,
            call.resource_type,
            call.resource_id or None,
            organisation,
            since=asked.since,
            after=asked.after,
            size=asked.count,
        )
        goes_on = self._is_replicated and is_more
        going_on = await to_go_on_from(connection) if goes_on else {}
        links = self._links(call, asked, found[-1] if is_more else None, going_on)
        entries = b",".join(self._entry(version, call) for version in found)
        bundle = (
            b'{"resourceType":"Bundle","type":"history"'
            + (b',"meta":' + seen_up_to(instant) if instant else b"")
            + b',"link":' + orjson.dumps(links)
            + (b',"entry":[' + entries + b"]" if entries else b"") + b"}"
        )  # fmt: skip
        subjects = {
            Subject(call.resource_type, one.resource_id, one.person, one.audience): None
            for one in found
        }
        return Answer(200, bundle, shown=tuple(subjects))

    def _asked(self, call: Call) -> _Asked:
        said = dict(call.asked)
        if PARAMETER in said:
            if len(call.asked) > 1:
                raise bad_parameter(f"{PARAMETER} stands alone: the address goes on with a page.")
            held = self._tokens.read(call.caller, said[PARAMETER])
            if held.get("history") != [call.resource_type, call.resource_id]:
                raise bad_parameter("This page's address belongs to another history.")
            at, resource_id, number = held["after"]
            used = tuple((name, value) for name, value in held["asked"])
            after = After(datetime.fromisoformat(at), resource_id, number)
            return _Asked(used, _since(dict(used)), _count(dict(used)), after)
        unknown = set(said) - set(PARAMETERS)
        if unknown or len(said) < len(call.asked):
            raise bad_parameter(f"A history takes each once: {', '.join(PARAMETERS)}.")
        return _Asked(call.asked, _since(said), _count(said))

    def _links(
        self, call: Call, asked: _Asked, last: Version | None, going_on: dict[str, int]
    ) -> list[dict[str, str]]:
        path = f"{call.resource_type}/{call.resource_id}".rstrip("/")
        address = f"{self._base}/{path}/_history"
        first = f"{address}?{urlencode(asked.used)}" if asked.used else address
        links = [{"relation": "self", "url": first}]
        if last is not None:
            held: dict[str, Any] = {
                "history": [call.resource_type, call.resource_id],
                "asked": asked.used,
                "after": [last.updated_at.isoformat(), last.resource_id, last.number],
                **going_on,
            }
            token = self._tokens.make(call.caller, held)
            links.append({"relation": "next", "url": f"{address}?{PARAMETER}={token}"})
        return links

    def _entry(self, version: Version, call: Call) -> bytes:
        path = f"{call.resource_type}/{version.resource_id}"
        is_first = version.number == 1
        request = {
            "method": "POST" if is_first else "PUT",
            "url": call.resource_type if is_first else path,
        }
        response = {
            "status": "201 Created" if is_first else "200 OK",
            "etag": etag(version.number),
            "lastModified": version.updated_at.isoformat(),
        }
        content = shown(version.content, call.resource_type, call.caller.role)
        return (
            b'{"fullUrl":' + orjson.dumps(f"{self._base}/{path}") + b',"resource":' + content
            + b',"request":' + orjson.dumps(request)
            + b',"response":' + orjson.dumps(response) + b"}"
        )  # fmt: skip


def _since(said: dict[str, str]) -> datetime | None:
    return moments(said["_since"].replace(" ", "+"))[0] if "_since" in said else None


def _count(said: dict[str, str]) -> int:
    text = said.get("_count", str(PAGE))
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < 1:
        raise bad_parameter("_count of a history is a whole number, at least 1.")
    return min(int(text), LARGEST_PAGE)
