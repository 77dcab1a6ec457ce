"""Acts and rows for the tests of the audit record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from registry.audit.act import Act, Actor, Origin, Subject
from registry.audit.event import Record, records

SERVER = "http://registry.example/fhir"
AT = datetime(2026, 11, 21, 14, 5, 6, 123456, tzinfo=UTC)
PERSON, OTHER = "a" * 32, "b" * 32


def act(interaction: str = "read", **said: Any) -> Act:
    """An act of Trust One; a successful read unless it is said otherwise."""
    whole: dict[str, Any] = {
        "at": AT,
        "actor": Actor("trust-one", "RT1", "provider"),
        "origin": Origin("11111111-2222-3333-4444-555555555555", "192.0.2.7"),
        "status": 200,
        "asked": f"Task/{'c' * 32}",
        **said,
    }
    return Act(interaction=interaction, **whole)


def task(person: str | None = PERSON, audience: tuple[str, ...] | None = None) -> Subject:
    """A review."""
    return Subject("Task", "c" * 32, person, audience)


def made(of: Act) -> list[Record]:
    """The rows of an act."""
    return records(of, SERVER)


def event(record: Record) -> dict[str, Any]:
    """The AuditEvent of a row."""
    return orjson.loads(record.content)


def entities(said: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The entities of an AuditEvent whose type has this code."""
    return [one for one in said["entity"] if one["type"]["code"] == kind]
