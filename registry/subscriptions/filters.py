"""Narrows a topic: search-style filters on what an event is about.

Source: Backport IG, extension `backport-filter-criteria`; several filters are all to hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl

from conformance import canonical
from nhs import addresses
from registry.subscriptions.topics import Event, Topic

MAX_LENGTH = 1000
Parameter = Literal["code", "owner"]
_SYSTEMS = (canonical.REVIEW_ROUTE, canonical.INQUIRY)
_OWNER_NAMES = ("owner", "owner.identifier", "owner:identifier")


class UnsupportedFilter(ValueError):
    """The filter can't be read, or is not one of the topic's; str() says which are."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One parameter with the values of which any is to hold: routes (or kinds of question), as
    `system|code` or `code`; or ODS codes of owners."""

    parameter: Parameter
    values: frozenset[str]

    def admits(self, event: Event) -> bool:
        """True if what the event is about fits."""
        if self.parameter == "owner":
            return event.owner in self.values
        said = {form for code in event.codes for form in (code, code.rpartition("|")[2])}
        return bool(said & self.values)


def read(text: str, topic: Topic) -> list[Filter]:
    """Takes a filter as it is written, `Task?code=case-record-review&owner=Organization/RX1`, and
    its topic; returns its parameters. UnsupportedFilter."""
    resource_type, mark, query = text.partition("?")
    if len(text) > MAX_LENGTH or not mark or resource_type != topic.focus or not topic.filters:
        raise UnsupportedFilter(_offered(topic))
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=10)
    except ValueError:
        raise UnsupportedFilter(_offered(topic)) from None
    return [_filter(name, value, topic) for name, value in pairs]


def _filter(name: str, value: str, topic: Topic) -> Filter:
    values = value.split(",")
    if name == "code" and "code" in topic.filters:
        return Filter("code", frozenset(_code(one, topic) for one in values))
    if name in _OWNER_NAMES and "owner" in topic.filters:
        return Filter("owner", frozenset(_organisation(one, topic) for one in values))
    raise UnsupportedFilter(_offered(topic))


def _code(value: str, topic: Topic) -> str:
    system, mark, code = value.rpartition("|")
    if not code or (mark and system not in _SYSTEMS):
        raise UnsupportedFilter(_offered(topic))
    return value


def _organisation(value: str, topic: Topic) -> str:
    ods = value.removeprefix("Organization/").removeprefix(f"{addresses.ODS_ORGANISATION}|")
    if not (ods.isascii() and ods.isalnum() and len(ods) <= 12):
        raise UnsupportedFilter(_offered(topic))
    return ods.upper()


def _offered(topic: Topic) -> str:
    if not topic.filters:
        return f"{topic.code} has no filters: it is your organisation's already."
    return (
        f"A filter of {topic.code} reads {topic.focus}?code=... (route or kind, with or without "
        "its system) or owner=Organization/ODS, with commas for or."
    )
