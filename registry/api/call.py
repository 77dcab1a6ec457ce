"""One interaction as asked and as answered, whether it came alone over HTTP or in a Bundle."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from registry.access.caller import Caller
from registry.api.negotiation import FHIR_JSON, Preferences
from registry.audit.act import Origin, Subject
from registry.store.transaction import Connection

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """An interaction as asked: by whom, from where, on what, with which parameters, headers and
    body; alone or in a Bundle."""

    caller: Caller
    resource_type: str
    resource_id: str = ""
    version: str = ""
    asked: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    media_type: str = FHIR_JSON
    preferences: Preferences = field(default_factory=Preferences)
    origin: Origin = field(default_factory=Origin)
    is_in_bundle: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An interaction as answered: HTTP status, the headers that belong to it, the resource's JSON
    (empty: none), and what of the record it shows or changed. What is too long to be held comes as
    a `stream`, with its Content-Type among the headers; `recorded_as` names what was asked for,
    where the address does not."""

    status: int
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    shown: tuple[Subject, ...] = ()
    stream: AsyncIterator[bytes] | None = None
    recorded_as: str = ""


class Interaction(Protocol):
    """Does what a call asks, on a connection whose transaction the caller ends."""

    async def __call__(self, connection: Connection, call: Call, /) -> Answer: ...


def answer(resource: Resource, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Takes a resource; returns the answer that holds it."""
    return Answer(status, orjson.dumps(resource), headers or {})
