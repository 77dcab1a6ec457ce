"""Rules that FHIR R4 states of whole resources, by their names there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, cast

from registry.api.outcomes import Issue

Json = dict[str, Any]
_URL = re.compile(r"(?:https?|urn:uuid|urn:oid):\S+")
_REQUESTED = {"batch", "transaction", "history"}
_ANSWERED = {"batch-response", "transaction-response", "history"}


def broken(resource: Json) -> Iterator[Issue]:
    """Takes a resource whose structure is right; returns the rules it breaks."""
    name = resource["resourceType"]
    for rule in (_contained, *_OF_TYPE.get(name, ())):
        for where, what in rule(resource):
            text = f"{where} {what}."
            yield Issue("invariant", "INVALID_RESOURCE", text, where)


def _contained(resource: Json) -> Iterator[tuple[str, str]]:
    name = resource["resourceType"]
    if "contained" not in resource:
        return
    text = str(resource)
    for at, one in enumerate(resource["contained"]):
        where = f"{name}.contained[{at}]"
        if "contained" in one:
            yield where, "contains further resources (dom-2)"
        if f"'#{one.get('id')}'" not in text and "'#'" not in str(one):
            yield where, "is not referred to (dom-3)"
        if {"versionId", "lastUpdated"} & set(one.get("meta", ())):
            yield where, "has a version (dom-4)"
        if "security" in one.get("meta", ()):
            yield where, "has a security label (dom-5)"


def _task(task: Json) -> Iterator[tuple[str, str]]:
    begun, changed = task.get("authoredOn"), task.get("lastModified")
    if isinstance(begun, str) and isinstance(changed, str) and _is_before(changed, begun):
        yield "Task.lastModified", "is before Task.authoredOn (inv-1)"


def _patient(patient: Json) -> Iterator[tuple[str, str]]:
    for at, contact in enumerate(patient.get("contact", ())):
        if not {"name", "telecom", "address", "organization"} & set(contact):
            yield f"Patient.contact[{at}]", "names nobody (pat-1)"


def _bundle(bundle: Json) -> Iterator[tuple[str, str]]:
    kind = bundle["type"]
    if "total" in bundle and kind not in ("searchset", "history"):
        yield "Bundle.total", "is only for searchset and history (bdl-1)"
    seen: set[tuple[str, str]] = set()
    for at, entry in enumerate(bundle.get("entry", ())):
        where = f"Bundle.entry[{at}]"
        yield from _entry(entry, kind, where)
        url = entry.get("fullUrl")
        if url is not None:
            version = str(entry.get("resource", {}).get("meta", {}).get("versionId"))
            if (url, version) in seen and kind != "history":
                yield f"{where}.fullUrl", "is there twice (bdl-7)"
            seen.add((url, version))


def _entry(entry: Json, kind: str, where: str) -> Iterator[tuple[str, str]]:
    if not {"resource", "request", "response"} & set(entry):
        yield where, "has no resource, request or response (bdl-5)"
    if ("request" in entry) != (kind in _REQUESTED):
        yield f"{where}.request", f"and a Bundle of type {kind} do not go together (bdl-3)"
    if ("response" in entry) != (kind in _ANSWERED):
        yield f"{where}.response", f"and a Bundle of type {kind} do not go together (bdl-4)"
    if "search" in entry and kind != "searchset":
        yield f"{where}.search", "is only for searchset (bdl-2)"
    url = entry.get("fullUrl")
    if url is not None and ("/_history/" in url or not _URL.fullmatch(url)):
        yield f"{where}.fullUrl", "is no absolute address without a version (bdl-8)"


def _message(bundle: Json) -> Iterator[tuple[str, str]]:
    entries = cast(list[Json], bundle.get("entry", []))
    first = entries[0].get("resource", {}).get("resourceType") if entries else None
    if bundle["type"] == "message" and first != "MessageHeader":
        yield "Bundle.entry", "of a message begins with its MessageHeader (bdl-12)"


def _is_before(one: str, other: str) -> bool:
    """Of two dateTimes; of those to the same precision where one has no time."""
    if len(one) > 10 and len(other) > 10:
        return datetime.fromisoformat(one) < datetime.fromisoformat(other)
    length = min(len(one), len(other), 10)
    return one[:length] < other[:length]


_Rule = Callable[[Json], Iterator[tuple[str, str]]]
_OF_TYPE: dict[str, tuple[_Rule, ...]] = {
    "Task": (_task,),
    "Patient": (_patient,),
    "Bundle": (_bundle, _message),
}
