"""Keeps events, in the transaction that changes the state they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from registry.request_id import REQUEST_ID
from registry.store.together import Write
from registry.subscriptions.topics import Event
from tracing import spans

# Of a topic that nobody subscribes to, nothing is kept. Codes and ODS codes have no spaces.
_KEEP: LiteralString = """
    new_events AS (
        INSERT INTO subscription_event (topic, focus_type, focus_id, focus_version, codes, owner,
            organisations, request_id, traceparent)
        SELECT t.topic, t.focus_type, t.focus_id, t.focus_version, string_to_array(t.codes, ' '),
            t.owner, string_to_array(t.organisations, ' '),
            %(events_request)s::uuid, %(events_trace)s::text
        FROM unnest(%(event_topics)s::text[], %(event_types)s::text[], %(event_ids)s::text[],
                    %(event_versions)s::integer[], %(event_codes)s::text[],
                    %(event_owners)s::text[], %(event_organisations)s::text[])
            WITH ORDINALITY
            AS t (topic, focus_type, focus_id, focus_version, codes, owner, organisations, place)
        WHERE EXISTS (SELECT FROM subscription AS s WHERE s.topic = t.topic AND s.status <> 'off')
        ORDER BY t.place
    )
"""


def keeping(events: Sequence[Event]) -> Write | None:
    """Takes events in the order in which they happened; returns what keeps those that somebody
    subscribes to, to be told once the transaction is committed. None where there are no events."""
    if not events:
        return None
    return Write(
        _KEEP,
        {
            "event_topics": [one.topic for one in events],
            "event_types": [one.focus_type for one in events],
            "event_ids": [one.focus_id for one in events],
            "event_versions": [one.focus_version for one in events],
            "event_codes": [" ".join(one.codes) for one in events],
            "event_owners": [one.owner for one in events],
            "event_organisations": [
                None if one.organisations is None else " ".join(one.organisations) for one in events
            ],
            "events_request": _request_id(),
            "events_trace": spans.current(),
        },
    )


def _request_id() -> UUID | None:
    said = REQUEST_ID.get()
    return None if said is None else UUID(said)
