"""Search: `GET /fhir/<type>?...` and `POST /fhir/<type>/_search`, and the pages that follow.

Somebody with no involvement gets an empty Bundle, as if there were nothing.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from psycopg.errors import QueryCanceled

from registry.access.caller import Caller
from registry.api.call import Answer, Call
from registry.api.from_replica import to_go_on_from
from registry.api.outcomes import FhirError, Issue, bad_parameter
from registry.api.page_tokens import PARAMETER
from registry.api.search.bringing import MOST, brought_along, may_bring
from registry.api.search.query import Query
from registry.api.search.searchset import Entry, Searchset
from registry.api.seeing import shown
from registry.api.service import Service
from registry.audit.act import Subject
from registry.store import search
from registry.store.search import Found, Position
from registry.store.transaction import Connection

# The longest query that goes into a token: an address has to stay below what proxies take.
MAX_QUERY = 4000
Asked = tuple[tuple[str, str], ...]


class Search:
    """The interaction."""

    def __init__(self, service: Service) -> None:
        self._tokens = service.page_tokens
        self._base = service.access.fhir_url
        self._watermark = service.watermark
        self._is_replicated = service.replicas is not None

    async def __call__(self, connection: Connection, call: Call) -> Answer:
        """Answers with a searchset Bundle of what the caller may see."""
        asked, position = self._asked(call)
        query = Query(call.resource_type, call.caller.role, self._base)
        query.is_lenient = call.preferences.is_lenient
        query.read(asked)
        _require_seen(query, call.caller)
        try:
            return await self._answer(connection, call.caller, query, position)
        except QueryCanceled:
            text = "The search takes too long. Narrow it, for example by patient or _lastUpdated."
            raise FhirError(422, "too-costly", "UNSUPPORTED_VALUE", text) from None

    async def _answer(
        self, connection: Connection, caller: Caller, query: Query, position: Position | None
    ) -> Answer:
        page = Searchset({"self": self._self(caller, query)}, issues=_notes(query))
        organisation = caller.organisation
        # Before anything is read, and of the first page only: the others follow from it.
        if query.is_by_change and position is None and query.resource_type != search.AUDIT:
            page.seen_up_to = await self._watermark.safe(connection)
        if query.is_counted or query.is_count_only:
            page.total = await search.count(connection, query.wanted, organisation)
        if query.is_count_only:
            return Answer(200, page.bundle([]))
        found, is_more = await search.page(
            connection, query.wanted, organisation, query.count, position
        )
        subjects = [_subject(one) for one in found]
        entries = [self._entry(one, caller, query, "match") for one in found]
        if query.includes or query.reverse_includes:
            brought, is_cut = await brought_along(connection, query, found, caller)
            subjects += [_subject(one) for one in brought]
            entries += [self._entry(one, caller, query, "include") for one in brought]
            page.issues = [*page.issues, *([_CUT] if is_cut else [])]
        has_neighbours = is_more or position is not None
        goes_on = self._is_replicated and has_neighbours
        going_on = await to_go_on_from(connection) if goes_on else {}
        self._link(page, caller, query, (found, is_more), position, going_on)
        return Answer(200, page.bundle(entries), shown=tuple(subjects))

    def _entry(self, one: Found, caller: Caller, query: Query, mode: str) -> Entry:
        content = shown(one.content, one.resource_type, caller.role, query.part)
        return Entry(f"{self._base}/{one.resource_type}/{one.resource_id}", content, mode)

    def _asked(self, call: Call) -> tuple[Asked, Position | None]:
        """The parameters, from the token where the address goes on with a search."""
        tokens = [value for name, value in call.asked if name == PARAMETER]
        if not tokens:
            return call.asked, None
        # Medplum's pages add _count to the address that they were given.
        count = [pair for pair in call.asked if pair[0] == "_count"]
        if len(call.asked) > 1 + len(count):
            raise bad_parameter(
                f"Beside {PARAMETER} stands _count and nothing else: the address goes on with a "
                "search."
            )
        said = self._tokens.read(call.caller, tokens[0])
        if said.get("type") != call.resource_type or "asked" not in said:
            raise bad_parameter("This page's address belongs to another search.")
        position = Position(tuple(said["keys"]), said["back"]) if "keys" in said else None
        asked = [(name, value) for name, value in said["asked"] if not count or name != "_count"]
        return (*asked, *count), position

    def _self(self, caller: Caller, query: Query) -> str:
        """The search as it was done: with the parameters that had effect, and none that is
        personal to be read."""
        address = f"{self._base}/{query.resource_type}"
        if query.is_personal:
            return self._address(caller, query, {})
        return f"{address}?{urlencode(query.used)}" if query.used else address

    def _link(
        self,
        page: Searchset,
        caller: Caller,
        query: Query,
        found: tuple[list[Found], bool],
        position: Position | None,
        going_on: dict[str, int],
    ) -> None:
        rows, is_more = found
        if position is not None:
            page.links["first"] = page.links["self"]
            page.links["self"] = self._address(caller, query, _said(position) | going_on)
        if not rows:
            return
        is_backwards = position is not None and position.backwards
        if is_more or is_backwards:
            page.links["next"] = self._address(
                caller, query, _said(Position(rows[-1].keys)) | going_on
            )
        if (is_more and is_backwards) or (position is not None and not is_backwards):
            back = Position(rows[0].keys, backwards=True)
            page.links["previous"] = self._address(caller, query, _said(back) | going_on)

    def _address(self, caller: Caller, query: Query, said: dict[str, Any]) -> str:
        if sum(len(name) + len(value) for name, value in query.used) > MAX_QUERY:
            raise bad_parameter(f"The search is longer than {MAX_QUERY} characters.")
        held = {"type": query.resource_type, "asked": query.used, **said}
        token = self._tokens.make(caller, held)
        return f"{self._base}/{query.resource_type}?{PARAMETER}={token}"


_CUT = Issue(
    "too-costly",
    "UNSUPPORTED_VALUE",
    f"More than {MOST} resources would be brought along; search for the rest.",
    severity="warning",
)


def _require_seen(query: Query, caller: Caller) -> None:
    """FhirError 403 where what decides is of a type that the caller may not read: the answer would
    show it."""
    for other in sorted(query.looks_at):
        if not may_bring(caller, other):
            text = f"You do not see any {other}, and so cannot search by it."
            raise FhirError(403, "forbidden", "ACCESS_DENIED", text)


def _subject(one: Found) -> Subject:
    return Subject(one.resource_type, one.resource_id, one.person, one.audience)


def _said(position: Position) -> dict[str, Any]:
    return {"keys": position.keys, "back": position.backwards}


def _notes(query: Query) -> list[Issue]:
    return [
        Issue(
            "not-supported",
            "UNSUPPORTED_VALUE",
            f"The search parameter {name} was left aside: it is not known, or cannot be read.",
            severity="warning",
        )
        for name in query.ignored
    ]
