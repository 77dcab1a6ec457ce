"""AuditEvents of every act that is put on record, in each form that the record takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from registry.audit.act import Act, Actor, Origin, Subject
from registry.audit.event import TOKEN, kinds_of_acts, records
from registry.audit.operators import SERVER as COMMAND_LINE
from registry.audit.patterns import OPERATOR

Resource = dict[str, Any]
_SERVER = "https://registry.example.nhs.uk/fhir"
_AT = datetime(2026, 3, 14, 12, tzinfo=UTC)
_PERSON, _TASK = "a" * 32, "c" * 32
_REQUEST = "11111111-2222-3333-4444-555555555555"
_CLIENT = Actor("rt1-reviews", "RT1", "provider")
_OPERATOR = Actor("lfd", None, OPERATOR, "alice@db1")
_BY_TYPE = {
    "search-type": "Task?status=requested",
    TOKEN: "grant_type=client_credentials&scope=system/Task.rs",
}


def audit_events() -> Iterator[tuple[str, Resource]]:
    """Every kind of act: about a person and about nobody, done and refused, by a system and by a
    person who signed in; with where each is from."""
    for kind in sorted(kinds_of_acts()):
        server = COMMAND_LINE if kind.startswith("operator-") else _SERVER
        for name, act in _acts(kind):
            for record in records(act, server):
                yield f"audit record, {kind}, {name}", orjson.loads(record.content)


def _acts(kind: str) -> Iterator[tuple[str, Act]]:
    actor = _OPERATOR if kind.startswith("operator-") else _CLIENT
    task = Subject("Task", _TASK, _PERSON)
    bare = Act(
        at=_AT,
        interaction=kind,
        actor=actor,
        origin=Origin(None if kind == TOKEN else _REQUEST, "192.0.2.7"),
        status=200,
        asked=_asked(kind),
        query=_BY_TYPE.get(kind),
    )
    yield "about nobody", bare
    yield "refused", replace(bare, status=403)
    if kind != TOKEN:
        yield "about a person", replace(bare, shown=(task,))
    if actor is _CLIENT and kind != TOKEN:
        signed_in = replace(actor, person="uid-4711")
        asked_for = replace(bare.origin, purpose="HQUALIMP")
        yield "by a person", replace(bare, actor=signed_in, origin=asked_for, shown=(task,))


def _asked(kind: str) -> str:
    """What the address names: a type for a search, nothing for a token."""
    if kind == TOKEN:
        return ""
    return "Task" if kind in _BY_TYPE else f"Task/{_TASK}"
