"""Keeps events, in the transaction that changes the state they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from registry.request_id import REQUEST_ID
from registry.store.transaction import Connection
from registry.subscriptions.topics import Event
from tracing import spans

# Of a topic that nobody subscribes to, nothing is kept. Codes and ODS codes have no spaces.
_KEEP: LiteralString = """
    INSERT INTO subscription_event (topic, focus_type, focus_id, focus_version, codes, owner,
        organisations, request_id, traceparent)
    SELECT t.topic, t.focus_type, t.focus_id, t.focus_version, string_to_array(t.codes, ' '),
        t.owner, string_to_array(t.organisations, ' '), %(request_id)s::uuid, %(traceparent)s::text
    FROM unnest(%(topics)s::text[], %(types)s::text[], %(ids)s::text[], %(versions)s::integer[],
                %(codes)s::text[], %(owners)s::text[], %(organisations)s::text[])
        WITH ORDINALITY
        AS t (topic, focus_type, focus_id, focus_version, codes, owner, organisations, place)
    WHERE EXISTS (SELECT FROM subscription AS s WHERE s.topic = t.topic AND s.status <> 'off')
    ORDER BY t.place
"""


async def keep(connection: Connection, events: Sequence[Event]) -> None:
    """Takes events in the order in which they happened; keeps those that somebody subscribes to,
    to be told once the transaction is committed. One statement; none where there are no events."""
    if not events:
        return
    await connection.execute(
        _KEEP,
        {
            "topics": [one.topic for one in events],
            "types": [one.focus_type for one in events],
            "ids": [one.focus_id for one in events],
            "versions": [one.focus_version for one in events],
            "codes": [" ".join(one.codes) for one in events],
            "owners": [one.owner for one in events],
            "organisations": [
                None if one.organisations is None else " ".join(one.organisations) for one in events
            ],
            "request_id": _request_id(),
            "traceparent": spans.current(),
        },
    )


def _request_id() -> UUID | None:
    said = REQUEST_ID.get()
    return None if said is None else UUID(said)
