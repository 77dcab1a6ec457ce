"""Subscriptions as rows: written by their clients through the API, and by the delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, cast

import orjson

from conformance import canonical
from registry.store.transaction import Connection
from registry.subscriptions.notification import Standing
from registry.subscriptions.progress import Progress, Status
from registry.subscriptions.terms import PROFILE, Terms

Resource = dict[str, Any]
_COLUMNS: LiteralString = """
    id, client, organisation, role, is_registered, content, version, updated_at, status, error,
    events, delivered, recorded, failures, failing_since, next_at, contacted_at, heartbeat, ends_at
"""
_ADD: LiteralString = f"""
    INSERT INTO subscription (id, client, organisation, role, is_registered, content, status,
        topic, heartbeat, ends_at)
    VALUES (%(id)s, %(client)s, %(organisation)s, %(role)s,
        EXISTS (SELECT FROM client WHERE id = %(client)s), %(content)s, 'requested', %(topic)s,
        %(heartbeat)s, %(ends_at)s)
    RETURNING {_COLUMNS}
"""
# Begins anew, but for the count: what was not delivered is then.
_REPLACE: LiteralString = f"""
    UPDATE subscription SET content = %(content)s, status = %(status)s, topic = %(topic)s,
        heartbeat = %(heartbeat)s, ends_at = %(ends_at)s, error = NULL, failures = 0,
        failing_since = NULL, next_at = clock_timestamp(), version = version + 1,
        updated_at = clock_timestamp()
    WHERE id = %(id)s RETURNING {_COLUMNS}
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A subscription as it is stored: whose it is, what the client wrote, and how it stands."""

    subscription_id: str
    client: str
    organisation: str
    role: str
    is_registered: bool
    content: Resource
    version: int
    updated_at: datetime
    error: str | None
    recorded: int
    progress: Progress

    @property
    def resource(self) -> Resource:
        """The Subscription as it is shown."""
        meta = {
            "versionId": str(self.version),
            "lastUpdated": self.updated_at.isoformat(),
            "profile": [PROFILE],
        }
        said = {"resourceType": "Subscription", "id": self.subscription_id, "meta": meta}
        said |= self.content | {"status": self.progress.status}
        return said | ({"error": self.error} if self.error is not None else {})

    @property
    def standing(self) -> Standing:
        """The Subscription as a status tells it."""
        told = self.progress
        return Standing(
            self.subscription_id, self.content["criteria"], told.status, told.events, self.error
        )


def written(subscription: Resource) -> Resource:
    """Takes a Subscription as it was sent; returns what is kept of it: all but what the registry
    says itself."""
    ours = {"id", "meta", "status", "error", "extension"}
    said = {name: value for name, value in subscription.items() if name not in ours}
    # Who sends back what the creation was answered must not have the secret kept and shown.
    extensions: list[Resource] = subscription.get("extension", [])
    theirs = [one for one in extensions if one.get("url") != canonical.SUBSCRIPTION_SECRET]
    return said | ({"extension": theirs} if theirs else {})


async def add(
    connection: Connection, subscription_id: str, owner: tuple[str, str, str], sent: Resource,
    terms: Terms,
) -> Kept:  # fmt: skip
    """Takes an id, whose it is (client, organisation, role), the resource and its terms; adds it,
    requested."""
    client, organisation, role = owner
    values = _values(subscription_id, sent, terms)
    values |= {"client": client, "organisation": organisation, "role": role}
    return _kept(await _row(connection, _ADD, values))


async def replace(
    connection: Connection, subscription_id: str, sent: Resource, terms: Terms, status: Status
) -> Kept:
    """Takes an id, the resource, its terms and status; puts it in the place of what is there."""
    values = _values(subscription_id, sent, terms) | {"status": status}
    return _kept(await _row(connection, _REPLACE, values))


async def remove(connection: Connection, subscription_id: str) -> None:
    """Takes an id; removes the subscription with all that was still to be told."""
    await connection.execute("DELETE FROM subscription WHERE id = %s", (subscription_id,))


async def of_client(connection: Connection, client: str) -> list[Kept]:
    """Takes a client; returns its subscriptions, oldest first."""
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM subscription WHERE client = %s ORDER BY created_at, id", (client,)
    )
    return [_kept(row) for row in await rows.fetchall()]


async def one(
    connection: Connection, subscription_id: str, client: str, *, is_locked: bool = False
) -> Kept | None:
    """Takes an id and a client, and whether nobody else may change it until the transaction ends;
    returns the subscription, None where it is not there or not the client's."""
    lock: LiteralString = " FOR UPDATE" if is_locked else ""
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM subscription WHERE id = %s AND client = %s{lock}",
        (subscription_id, client),
    )
    row = await rows.fetchone()
    return _kept(row) if row else None


async def whoever_it_is_of(connection: Connection, subscription_id: str) -> Kept | None:
    """Takes an id; returns the subscription, for its delivery. None where it is gone."""
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM subscription WHERE id = %s", (subscription_id,)
    )
    row = await rows.fetchone()
    return _kept(row) if row else None


async def _row(
    connection: Connection, query: LiteralString, values: dict[str, Any]
) -> tuple[Any, ...]:
    row = await (await connection.execute(query, values)).fetchone()
    assert row is not None
    return row


def _values(subscription_id: str, sent: Resource, terms: Terms) -> dict[str, Any]:
    return {
        "id": subscription_id,
        "content": orjson.dumps(written(sent)).decode(),
        "topic": terms.topic.code,
        "heartbeat": terms.heartbeat,
        "ends_at": terms.ends_at,
    }


def _kept(row: tuple[Any, ...]) -> Kept:
    (
        subscription_id, client, organisation, role, is_registered, content, version, updated_at,
        status, error, events, delivered, recorded, failures, failing_since, next_at, contacted_at,
        heartbeat, ends_at,
    ) = row  # fmt: skip
    progress = Progress(
        cast(Status, status), next_at, events, delivered, failures, failing_since, contacted_at,
        heartbeat, ends_at,
    )  # fmt: skip
    return Kept(
        subscription_id, client, organisation, role, is_registered, orjson.loads(content), version,
        updated_at, error, recorded, progress,
    )  # fmt: skip
