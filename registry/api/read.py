"""Read and vread: `GET /fhir/<type>/<id>` and `GET /fhir/<type>/<id>/_history/<version>`."""

from __future__ import annotations

from registry.api.call import Answer, Call
from registry.api.entity_tags import etag, is_unchanged, last_modified
from registry.api.outcomes import FhirError, bad_parameter, gone, not_found
from registry.api.search.values import either
from registry.api.seeing import Part, part_of, shown
from registry.audit.act import Subject
from registry.store import versions
from registry.store.transaction import Connection
from registry.store.versions import Version


async def read(connection: Connection, call: Call) -> Answer:
    """Answers with the resource; 304 where the caller has this version; 404 alike for what is
    not there and what is not the caller's; 410 for what was removed."""
    part = _part(call)
    stored = await versions.current(
        connection, call.resource_type, call.resource_id, call.caller.organisation
    )
    if stored is None:
        raise await absent(connection, call)
    return _answer(stored, call, part)


async def read_version(connection: Connection, call: Call) -> Answer:
    """Answers with one version of the resource, like `read`."""
    part = _part(call)
    number = call.version
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise not_found()
    stored = await versions.one(
        connection, call.resource_type, call.resource_id, int(number), call.caller.organisation
    )
    if stored is None:
        raise await absent(connection, call)
    return _answer(stored, call, part)


async def absent(connection: Connection, call: Call) -> FhirError:
    """Takes a call for a resource that is not there for the caller; returns the refusal: 410 where
    it was and the caller may know so, else 404."""
    was_there = await versions.is_removed(connection, call.resource_type, call.resource_id)
    return gone() if was_there else not_found()


def _answer(stored: Version, call: Call, part: Part | None) -> Answer:
    tag = etag(stored.number)
    headers = {"ETag": tag, "Last-Modified": last_modified(stored.updated_at)}
    none_match = call.headers.get("if-none-match")
    modified_since = call.headers.get("if-modified-since")
    subject = Subject(call.resource_type, stored.resource_id, stored.person, stored.audience)
    if is_unchanged(tag, stored.updated_at, none_match, modified_since):
        return Answer(304, b"", headers, (subject,))
    content = shown(stored.content, call.resource_type, call.caller.role, part)
    return Answer(200, content, headers, (subject,))


def _part(call: Call) -> Part | None:
    """`_elements` or `_summary`, the only parameters a read takes."""
    part: Part | None = None
    for name, value in call.asked:
        if name == "_elements":
            part = part_of(call.resource_type, elements=either(value))
        elif name == "_summary" and value in ("true", "data"):
            part = part_of(call.resource_type, summary=value)
        elif (name, value) != ("_summary", "false"):
            raise bad_parameter("A read takes _elements, and _summary as true, data or false.")
    return part
