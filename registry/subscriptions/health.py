"""How an organisation's subscriptions stand, for its people: never what their headers say.

A subscription is its client's alone, because its headers may be secret. How its delivery goes is
for the people of the organisation too: they are who mends an endpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from urllib.parse import urlsplit

import orjson

from registry.store.transaction import Connection
from registry.subscriptions.progress import Status
from registry.subscriptions.topics import TOPICS

# Whose they are is the connection's (schema/0011, own_rows). What waits may be about what is no
# longer theirs to see: of that, not even the time is told.
_HEALTH: LiteralString = """
    SELECT s.id, s.client, s.topic, s.content, s.status, s.error, s.events, s.delivered,
        s.failures, s.failing_since, s.next_at, s.contacted_at, s.created_at, s.ends_at,
        (SELECT e.at FROM subscription_notification AS n
            JOIN subscription_event AS e ON e.id = n.event
            WHERE n.subscription = s.id AND n.number > s.delivered
            ORDER BY n.number LIMIT 1)
    FROM subscription AS s ORDER BY s.client, s.created_at, s.id
"""


@dataclass(frozen=True, slots=True)
class Health:
    """A subscription as its organisation's people see it: whose it is (the client's id), the title
    of its topic, and where it goes (a host, or a MESH mailbox); its status and what went wrong last
    (None: nothing); how many events there were, and up to which its endpoint took them; how often
    in a row that failed, and since when; when it is tried next; when the endpoint was last reached;
    when it was made and when it ends; and since when the oldest event waits (None: none does, or
    that is not theirs to know)."""

    subscription_id: str
    client: str
    topic: str
    destination: str
    status: Status
    error: str | None
    events: int
    delivered: int
    failures: int
    failing_since: datetime | None
    next_at: datetime
    contacted_at: datetime | None
    created_at: datetime
    ends_at: datetime | None
    oldest_waiting: datetime | None

    @property
    def waiting(self) -> int:
        """How many events its endpoint has not taken yet."""
        return self.events - self.delivered


async def of_reader(connection: Connection) -> list[Health]:
    """Takes a connection that reads for an organisation in a role; returns how their subscriptions
    stand, by client and the oldest first."""
    rows = await connection.execute(_HEALTH)
    return [_health(row) for row in await rows.fetchall()]


def _health(row: tuple[Any, ...]) -> Health:
    subscription_id, client, topic, content, *standing = row
    titles = {code: one.title for code, one in TOPICS.items()}
    where = destination(orjson.loads(content)["channel"].get("endpoint", ""))
    return Health(subscription_id, client, titles.get(topic, str(topic)), where, *standing)


def destination(endpoint: str) -> str:
    """Takes an endpoint; returns its host (and port), or its MESH mailbox: its path and query may
    hold secrets."""
    try:
        parts = urlsplit(endpoint)
        if parts.scheme == "mesh":
            return f"MESH mailbox {parts.path}"
        named = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname}{named}" if parts.hostname else "not an address"
    except ValueError:
        return "not an address"
