"""Whom an event is for, and which number it has there. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from registry.core.visibility import may_see
from registry.subscriptions.terms import Terms
from registry.subscriptions.topics import Event

Seen = Collection[tuple[str, str, str]]
"""Organisation, and type and id of a resource that it may read."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscription as far as it says what it is told: its id, for whom (ODS code and role), its
    terms, since when it is there, and how many events it has had."""

    subscription_id: str
    organisation: str
    role: str
    terms: Terms
    since: datetime
    events: int = 0


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as it was kept: its id, and when it was written."""

    event_id: int
    at: datetime
    event: Event


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event in a subscription, under its number."""

    subscription_id: str
    number: int
    event_id: int


def numbered(
    happened: Iterable[Happened], subscribers: Collection[Subscriber], seen: Seen
) -> list[Numbered]:
    """Takes events in the order in which they are to be told, all subscriptions, and who may read
    what; returns each event of each subscription with the next number of it, without gaps."""
    last = {one.subscription_id: one.events for one in subscribers}
    found: list[Numbered] = []
    for one in happened:
        for subscriber in subscribers:
            if concerns(one, subscriber, seen):
                last[subscriber.subscription_id] += 1
                number = last[subscriber.subscription_id]
                found.append(Numbered(subscriber.subscription_id, number, one.event_id))
    return found


def concerns(happened: Happened, subscriber: Subscriber, seen: Seen) -> bool:
    """True if the subscriber is to be told: it was there, wants such events, and may read what
    they are about."""
    event, terms = happened.event, subscriber.terms
    return (
        event.topic == terms.topic.code
        and happened.at >= subscriber.since
        and (event.organisations is None or subscriber.organisation in event.organisations)
        and may_see(subscriber.role, event.focus_type)
        and (subscriber.organisation, event.focus_type, event.focus_id) in seen
        and all(one.admits(event) for one in terms.filters)
    )
