"""Batch and transaction: many interactions in one request (`POST /fhir`).

A transaction is one database transaction: all of it is done, or none. In a batch each entry stands
for itself, and an adapter's messages may come in one, as `POST $process-message`.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast
from urllib.parse import parse_qsl
from uuid import UUID

import orjson

from registry.access.bearer import AccessDenied
from registry.api.body import parsed
from registry.api.bundle_references import full_urls, in_order, resolved
from registry.api.call import Answer, Call, Interaction
from registry.api.interactions import EXPORTING, WRITING, Match, match
from registry.api.messages import Refusal
from registry.api.negotiation import FHIR_JSON, JSON_PATCH
from registry.api.outcomes import FhirError, Issue, invalid
from registry.api.statuses import line
from registry.api.validation.validate import required_valid
from registry.store.transaction import Connection

Resource = dict[str, Any]
MAX_ENTRIES = 500
Find = Callable[[Match, Call], Interaction]
"""Takes what an entry asks for, and the call of the Bundle; returns what does it, or refuses."""
Each = Callable[[Callable[[Connection], Awaitable[Answer]]], Awaitable[Answer]]
"""Does one entry of a batch, on a connection and in a transaction of its own."""
TakeMessages = Callable[[Sequence[tuple[Match, Call]]], Awaitable[list[Answer | Refusal]]]
"""Takes messages in, and says in their order what each is answered."""

_CONDITIONS = {
    "ifMatch": "if-match",
    "ifNoneMatch": "if-none-match",
    "ifModifiedSince": "if-modified-since",
    "ifNoneExist": "if-none-exist",
}
# R4: deletes, creates, updates and patches, reads.
_ORDER = {"DELETE": -1, "POST": 0, "PUT": 1, "PATCH": 1, "GET": 2, "HEAD": 2}
_READING = {"read", "vread", "history-instance", "history-type", "search-type"}
_INSIDE = frozenset(_READING | WRITING) - EXPORTING
_MESSAGE = "process-message"
_URN = "urn:uuid:"


def checked(body: Any) -> Resource:
    """Takes a body; returns it as a Bundle of type batch or transaction, of a batch without a look
    at the entries' resources: each is refused by itself. FhirError 400 or 413."""
    said = cast(Resource, body) if isinstance(body, dict) else {}
    if said.get("resourceType") != "Bundle":
        raise invalid("Send a Bundle of type batch or transaction.", "Bundle")
    if said.get("type") not in ("batch", "transaction"):
        raise invalid("The Bundle is of type batch or transaction here.", "Bundle.type")
    entries: Any = said.get("entry")
    if isinstance(entries, list) and len(cast(list[Any], entries)) > MAX_ENTRIES:
        text = f"A Bundle has at most {MAX_ENTRIES} entries here."
        raise FhirError(413, "too-long", "INVALID_RESOURCE", text, expression="Bundle.entry")
    required_valid(_without_resources(said) if said["type"] == "batch" else said)
    return said


def _without_resources(bundle: Resource) -> Resource:
    entries: Any = bundle.get("entry")
    if not isinstance(entries, list):
        return bundle
    bare: list[Any] = []
    for entry in cast(list[Any], entries):
        if isinstance(entry, dict):
            known = cast(Resource, entry)
            bare.append({name: value for name, value in known.items() if name != "resource"})
        else:
            bare.append(entry)
    return {**bundle, "entry": bare}


async def transaction(
    connection: Connection, bundle: Resource, call: Call, find: Find, base: str
) -> Answer:
    """Takes a connection, a transaction Bundle, its call, what finds interactions, and the FHIR
    base; does all entries. FhirError: the first refusal, with the entry's place; the caller must
    then undo what was done."""
    entries: list[Resource] = bundle.get("entry", [])
    matches = [_found(at, entry, base, _INSIDE) for at, entry in enumerate(entries)]
    asked = [
        (found, _inner(at, entries[at], call, base, found)) for at, found in enumerate(matches)
    ]
    _refuse_twice(asked)
    places = full_urls(entries)
    known = {url: _address(asked[at][0]) for url, at in places.items() if asked[at][0].resource_id}
    as_prescribed = sorted(
        range(len(asked)), key=lambda at: _ORDER[entries[at]["request"]["method"]]
    )
    done: dict[int, Answer] = {}
    for at in in_order(as_prescribed, [inner.body for _, inner in asked], places):
        found, inner = asked[at]
        inner = replace(inner, body=resolved(inner.body, known))
        try:
            done[at] = await find(found, inner)(connection, inner)
        except FhirError as error:
            raise _placed(error, at) from None
        full_url = str(entries[at].get("fullUrl", ""))
        if full_url in places and "Location" in done[at].headers:
            known[full_url] = _address(_made(done[at], base))
    return _answered("transaction-response", [done[at] for at in range(len(asked))])


def _made(answer: Answer, base: str) -> Match:
    """What was made or found, by the Location of the answer."""
    return match("GET", answer.headers["Location"].removeprefix(f"{base}/"))


def _address(found: Match) -> str:
    return f"{found.resource_type}/{found.resource_id}"


async def batch(
    bundle: Resource, call: Call, find: Find, base: str, each: Each, take: TakeMessages
) -> Answer:
    """Takes a batch Bundle, its call, what finds interactions, the FHIR base, what does one entry
    by itself, and what takes messages in; does each entry, whatever becomes of the others."""
    entries: list[Resource] = bundle.get("entry", [])
    answers: dict[int, Answer] = {}
    told: dict[int, tuple[Match, Call]] = {}
    for at, entry in enumerate(entries):
        try:
            found = _found(at, entry, base, _INSIDE | {_MESSAGE})
            if found.code == _MESSAGE:
                told[at] = found, _of_message(entry, call)
                continue
            if "resource" in entry:
                required_valid(entry["resource"])
            inner = _inner(at, entry, call, base, found)
            interaction = find(found, inner)

            async def work(
                connection: Connection, interaction: Interaction = interaction, inner: Call = inner
            ) -> Answer:
                return await interaction(connection, inner)

            answers[at] = await each(work)
        except (AccessDenied, FhirError) as error:
            answers[at] = _refusal(error, at)
    if told:
        for at, said in zip(told, await take(list(told.values())), strict=True):
            answers[at] = said if isinstance(said, Answer) else _refusal(said, at)
    return _answered("batch-response", [answers[at] for at in range(len(entries))])


def _refusal(error: Refusal, at: int) -> Answer:
    if isinstance(error, AccessDenied):
        error = FhirError(error.status, error.code, "ACCESS_DENIED", error.text)
    placed = _placed(error, at)
    return Answer(placed.status, orjson.dumps(placed.outcome), placed.headers)


def _of_message(entry: Resource, call: Call) -> Call:
    """A message as it would have come alone: under the request id that its fullUrl names."""
    origin, named = call.origin, str(entry.get("fullUrl", ""))
    if named.startswith(_URN):
        with suppress(ValueError):
            origin = replace(origin, request_id=str(UUID(named.removeprefix(_URN))))
    return Call(call.caller, "", origin=origin, body=entry.get("resource"))


def _path_and_query(entry: Resource, base: str) -> tuple[str, str]:
    url = str(entry["request"]["url"])
    path, _, query = url.removeprefix(f"{base}/").removeprefix("/").partition("?")
    return path, query


def _found(at: int, entry: Resource, base: str, allowed: Collection[str]) -> Match:
    try:
        found = match(entry["request"]["method"], _path_and_query(entry, base)[0])
    except FhirError as error:
        raise _placed(error, at) from None
    if found.code not in allowed:
        text = f"A Bundle cannot hold {found.code}."
        raise _placed(FhirError(422, "not-supported", "UNSUPPORTED_SERVICE", text), at)
    return found


def _inner(at: int, entry: Resource, call: Call, base: str, found: Match) -> Call:
    """The call of an entry, as it would have come alone."""
    request = entry["request"]
    query = _path_and_query(entry, base)[1]
    body, media_type = entry.get("resource"), FHIR_JSON
    if found.code == "patch" and body is not None and body["resourceType"] == "Binary":
        body, media_type = _binary(body, at), JSON_PATCH
    headers = {_CONDITIONS[name]: str(v) for name, v in request.items() if name in _CONDITIONS}
    return replace(
        call,
        resource_type=found.resource_type,
        resource_id=found.resource_id,
        version=found.version,
        asked=tuple(parse_qsl(query, keep_blank_values=True)),
        headers=headers,
        body=body,
        media_type=media_type,
        is_in_bundle=True,
    )


def _binary(binary: Resource, at: int) -> Any:
    """A JSON Patch travels in a Bundle as a Binary."""
    if binary.get("contentType") != JSON_PATCH or "data" not in binary:
        text = f"A patch in a Bundle is Parameters, or a Binary of {JSON_PATCH} with data."
        raise _placed(FhirError(415, "not-supported", "UNSUPPORTED_VALUE", text), at)
    return parsed(base64.b64decode(binary["data"]))


def _refuse_twice(asked: list[tuple[Match, Call]]) -> None:
    """R4: in a transaction each resource is changed once, or the order would decide."""
    changed = [
        (found.resource_type, found.resource_id)
        for found, _ in asked
        if found.code in ("update", "patch", "delete")
    ]
    if len(set(changed)) < len(changed):
        raise invalid("A transaction changes a resource more than once.", "Bundle.entry")


def _placed(error: FhirError, at: int) -> FhirError:
    """The refusal with the place of the entry that it is about."""
    where = f"Bundle.entry[{at}]"
    issues = [
        Issue(
            issue.code,
            issue.spine_code,
            issue.text,
            issue.expression if (issue.expression or "").startswith(where) else where,
            issue.severity,
        )
        for issue in error.issues
    ]
    first = issues[0]
    return FhirError(
        error.status, first.code, first.spine_code, first.text,
        headers=error.headers, issues=issues,
    )  # fmt: skip


def _answered(kind: str, answers: list[Answer]) -> Answer:
    entries = b",".join(_entry(answer) for answer in answers)
    shown = b',"entry":[' + entries + b"]" if answers else b""
    return Answer(200, b'{"resourceType":"Bundle","type":"%b"%b}' % (kind.encode(), shown))


def _entry(answer: Answer) -> bytes:
    response: Resource = {"status": line(answer.status)}
    for header, name in (("ETag", "etag"), ("Location", "location")):
        if header in answer.headers:
            response[name] = answer.headers[header]
    is_refusal = answer.status >= 400
    if not answer.content:
        return orjson.dumps({"response": response})
    if is_refusal or _is_outcome(answer.content):
        return orjson.dumps({"response": response | {"outcome": orjson.Fragment(answer.content)}})
    return orjson.dumps({"resource": orjson.Fragment(answer.content), "response": response})


def _is_outcome(content: bytes) -> bool:
    return content.startswith(b'{"resourceType":"OperationOutcome"')
