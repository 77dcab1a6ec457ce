"""The ways a notification can go, and what each answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from registry.subscriptions.terms import Terms, UnreadableTerms


class NotSent(Exception):
    """The endpoint did not take the notification; str() says why, without anything of the answer.
    `retry_after` is how many seconds it asked to wait, if it did."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Message:
    """One notification as it is sent: its bytes, their media type and signature, a label, the same
    whenever it is sent again, and the id of the request that brought about the newest of what it
    tells (None: none did), with the place in its trace."""

    body: bytes
    media_type: str
    signature: str
    label: str
    correlation: UUID | None = None
    traceparent: str | None = None


class Channel(Protocol):
    """One way."""

    def check(self, endpoint: str) -> None:
        """Takes an endpoint as a subscriber names it. EndpointRefused: nothing is sent there."""
        ...

    async def send(self, terms: Terms, message: Message) -> None:
        """Takes what the subscriber asked for and a notification; returns once the endpoint took
        it. NotSent."""
        ...


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels of this registry, by FHIR's channel type."""

    by_type: Mapping[str, Channel]

    def of(self, wanted: Terms) -> Channel:
        """Takes what a subscriber asks for; returns the channel. UnreadableTerms: there is none
        of that type here."""
        found = self.by_type.get(wanted.channel)
        if found is None:
            text = f"This registry has no channel {wanted.channel}; it has: " + ", ".join(
                sorted(self.by_type)
            )
            raise UnreadableTerms(text, "Subscription.channel.type")
        return found
