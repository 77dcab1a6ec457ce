"""What a span may say, and in which form. Whatever is not here is never said, whoever asks.

Traces go to other people's machines, so nothing in them is about a person: the words here are
codes, templates, counts and ids made at random. What comes out of a message is held against its
form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypedDict, cast
from uuid import UUID

OTHER = "other"
"""In place of what does not have its form."""


class Said(TypedDict, total=False):
    """All that can be said of a span."""

    trigger: str
    """The event of the message, as MSH-9.2 has it."""
    organisation: str
    """An ODS code: whose message it is, or who is told."""
    acknowledgement: str
    """The acknowledgement code, as in MSA-1."""
    state: str
    """The state a message came to in the inbox."""
    outcome: str
    """What came of an attempt, in a word of ours."""
    request_id: str
    """The X-Request-ID, a UUID."""
    method: str
    """The HTTP method."""
    route: str
    """The template of the route; never the path."""
    status: int
    """The HTTP status."""
    messages: int
    """How many messages were worked on together."""
    attempt: int
    """Which attempt it is, from 1."""
    events: int
    """How many events a notification tells."""
    subscriptions: int
    """How many subscriptions an event was for."""


def _form(pattern: str) -> Callable[[object], str]:
    compiled = re.compile(pattern, re.ASCII)

    def held(value: object) -> str:
        return value if isinstance(value, str) and compiled.fullmatch(value) else OTHER

    return held


def _request_id(value: object) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        return OTHER


def _count(value: object) -> int:
    return value if isinstance(value, int) else -1


_WORD = _form(r"[a-z][a-z-]{0,30}")
_FORMS: dict[str, tuple[str, Callable[[object], str | int]]] = {
    "trigger": ("hl7.trigger", _form(r"[A-Z][A-Z0-9][0-9]")),
    # As trusts, ICBs, sites and practices have them; never ten characters, as NHS numbers have.
    "organisation": (
        "lfd.organisation", _form(r"(?=.*[A-Z])(?:[A-Z0-9]{2,3}|(?=.*[0-9])[A-Z0-9]{4,6})"),
    ),
    "acknowledgement": ("hl7.acknowledgement_code", _form("[AC][AER]")),
    "state": ("lfd.state", _WORD),
    "outcome": ("lfd.outcome", _WORD),
    "request_id": ("lfd.request_id", _request_id),
    "method": ("http.request.method", _form("GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS")),
    # Of a route's own text: a template has its variables in braces.
    "route": ("http.route", _form(r"none|/[A-Za-z0-9_$./{}:+-]{0,200}")),
    "status": ("http.response.status_code", _count),
    "messages": ("lfd.messages", _count),
    "attempt": ("lfd.attempt", _count),
    "events": ("lfd.events", _count),
    "subscriptions": ("lfd.subscriptions", _count),
}  # fmt: skip


def attributes(said: Said) -> dict[str, str | int]:
    """Takes what is said of a span; returns it as OpenTelemetry's attributes, each in its form."""
    known = cast("dict[str, object]", said)
    return {_FORMS[name][0]: _FORMS[name][1](value) for name, value in known.items()}
