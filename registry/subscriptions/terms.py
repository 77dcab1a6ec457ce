"""What a subscriber asks for, and how it is read from a Subscription.

Pure. Source: Backport IG, profile `backport-subscription` on FHIR R4 Subscription.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from registry.subscriptions import filters
from registry.subscriptions.filters import Filter, UnsupportedFilter
from registry.subscriptions.topics import TOPICS, Topic

Resource = dict[str, Any]
Content = Literal["empty", "id-only", "full-resource"]
Channel = Literal["rest-hook", "message"]

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
PROFILE = f"{BACKPORT}backport-subscription"
FILTER = f"{BACKPORT}backport-filter-criteria"
CONTENT = f"{BACKPORT}backport-payload-content"
HEARTBEAT = f"{BACKPORT}backport-heartbeat-period"
TIMEOUT = f"{BACKPORT}backport-timeout"
MAX_COUNT = f"{BACKPORT}backport-max-count"
CHANNEL_TYPE = f"{BACKPORT}backport-channel-type"

CONTENTS: tuple[Content, ...] = ("empty", "id-only", "full-resource")
MEDIA_TYPES = ("application/fhir+json", "application/json")
# Bounds of what a subscriber may choose, and what holds where it does not.
HEARTBEATS = range(10, 7 * 86_400 + 1)
TIMEOUTS = range(1, 61)
COUNTS = range(1, 101)
TIMEOUT_UNSAID, COUNT_UNSAID = 10, 20
MAX_FILTERS, MAX_HEADERS, MAX_HEADER = 10, 10, 4000

_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}): *([ -~]*[!-~])")
# Ours to say, or the connection's.
_RESERVED = frozenset(
    {
        "accept-encoding", "connection", "content-encoding", "content-length", "content-type",
        "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "user-agent", "x-signature",
    }
)  # fmt: skip


class UnreadableTerms(ValueError):
    """The Subscription asks for what is not offered, or can't be read; str() says what is, and
    `expression` where it stands."""

    def __init__(self, text: str, expression: str) -> None:
        super().__init__(text)
        self.expression = expression


@dataclass(frozen=True, slots=True)
class Terms:
    """What is told (topic, filters, how much of it) and how: where to, with which headers, every
    how many seconds a heartbeat (None: none), how many seconds an endpoint has to answer, how many
    events one notification holds at most, and until when (None: until it is ended)."""

    topic: Topic
    channel: Channel
    endpoint: str
    content: Content = "id-only"
    media_type: str = MEDIA_TYPES[0]
    filters: tuple[Filter, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    heartbeat: int | None = None
    timeout: int = TIMEOUT_UNSAID
    max_count: int = COUNT_UNSAID
    ends_at: datetime | None = None


def read(subscription: Resource) -> Terms:
    """Takes a Subscription that is valid FHIR; returns what it asks for. UnreadableTerms."""
    if "modifierExtension" in subscription or "contained" in subscription:
        text = "A Subscription has no modifier extensions and no contained resources here."
        raise UnreadableTerms(text, "Subscription")
    topic = _topic(subscription["criteria"])
    channel: Resource = subscription["channel"]
    payload = channel.get("payload", MEDIA_TYPES[0])
    media_type, _, _ = str(payload).partition(";")
    if media_type not in MEDIA_TYPES:
        where = "Subscription.channel.payload"
        raise UnreadableTerms(f"The payload is one of {', '.join(MEDIA_TYPES)}.", where)
    return Terms(
        topic,
        _channel(channel),
        _endpoint(channel),
        _content(channel),
        media_type,
        tuple(_filters(subscription, topic)),
        tuple(_headers(channel)),
        _number(channel, HEARTBEAT, HEARTBEATS),
        _number(channel, TIMEOUT, TIMEOUTS) or TIMEOUT_UNSAID,
        _number(channel, MAX_COUNT, COUNTS) or COUNT_UNSAID,
        _end(subscription),
    )


def _topic(criteria: str) -> Topic:
    for topic in TOPICS.values():
        if criteria == topic.url:
            return topic
    known = ", ".join(topic.url for topic in TOPICS.values())
    text = f"The criteria is the canonical address of a topic: {known}."
    raise UnreadableTerms(text, "Subscription.criteria")


def _filters(subscription: Resource, topic: Topic) -> Iterator[Filter]:
    said = _extensions(subscription.get("_criteria"), FILTER, "valueString")
    where = "Subscription.criteria.extension"
    if len(said) > MAX_FILTERS:
        raise UnreadableTerms(f"There are at most {MAX_FILTERS} filters.", where)
    for text in said:
        try:
            yield from filters.read(str(text), topic)
        except UnsupportedFilter as error:
            raise UnreadableTerms(str(error), where) from None


def _channel(channel: Resource) -> Channel:
    where = "Subscription.channel.type"
    is_custom = bool(_extensions(channel.get("_type"), CHANNEL_TYPE, "valueCoding"))
    if channel["type"] == "rest-hook" and not is_custom:
        return "rest-hook"
    if channel["type"] == "message" and not is_custom:
        return "message"
    raise UnreadableTerms("The channel is rest-hook, or message to a MESH mailbox.", where)


def _endpoint(channel: Resource) -> str:
    endpoint = channel.get("endpoint")
    if not isinstance(endpoint, str) or not endpoint:
        where = "Subscription.channel.endpoint"
        raise UnreadableTerms("Say in endpoint where to send the notifications.", where)
    return endpoint


def _content(channel: Resource) -> Content:
    said = _extensions(channel.get("_payload"), CONTENT, "valueCode")
    if not said:
        return "id-only"
    for content in CONTENTS:
        if said == [content]:
            return content
    where = "Subscription.channel.payload.extension"
    raise UnreadableTerms(f"The payload's content is one of {', '.join(CONTENTS)}.", where)


def _headers(channel: Resource) -> Iterator[tuple[str, str]]:
    said: list[Any] = channel.get("header", [])
    where = "Subscription.channel.header"
    if len(said) > MAX_HEADERS:
        raise UnreadableTerms(f"There are at most {MAX_HEADERS} headers.", where)
    for line in said:
        found = _HEADER.fullmatch(str(line))
        if found is None or len(str(line)) > MAX_HEADER:
            text = f"A header reads `Name: value`, in visible ASCII, up to {MAX_HEADER} characters."
            raise UnreadableTerms(text, where)
        if channel["type"] == "message":
            raise UnreadableTerms("The channel message has no headers.", where)
        if found[1].lower() in _RESERVED:
            raise UnreadableTerms(f"The header {found[1]} is the registry's to say.", where)
        yield found[1], found[2]


def _number(channel: Resource, url: str, allowed: range) -> int | None:
    names = ("valueUnsignedInt", "valuePositiveInt")
    said = [value for name in names for value in _extensions(channel, url, name)]
    if not said:
        return None
    if len(said) > 1 or not isinstance(said[0], int) or said[0] not in allowed:
        text = f"{url.rpartition('/')[2]} is from {allowed.start} to {allowed.stop - 1}, said once."
        raise UnreadableTerms(text, "Subscription.channel.extension")
    return said[0]


def _end(subscription: Resource) -> datetime | None:
    if "end" not in subscription:
        return None
    try:
        end = datetime.fromisoformat(subscription["end"])
    except ValueError:
        end = None
    if end is None or end.tzinfo is None:
        text = "The end is an instant like 2027-01-31T12:00:00Z."
        raise UnreadableTerms(text, "Subscription.end")
    return end


def _extensions(element: Any, url: str, value: str) -> list[Any]:
    """The values of an element's extensions of an address."""
    if not isinstance(element, dict):
        return []
    said: list[Resource] = cast(Resource, element).get("extension", [])
    return [one[value] for one in said if one.get("url") == url and value in one]
