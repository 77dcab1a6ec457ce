"""Who has led each review, and when: the table whose index promises one lead at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from registry.store.transaction import Connection

# Task.status while somebody leads.
_LED = {"accepted", "in-progress", "on-hold"}

_END = """
    UPDATE review_lead SET until = %s
    WHERE review = %s AND until IS NULL AND organisation IS DISTINCT FROM %s
"""
_BEGIN = """
    INSERT INTO review_lead (review, organisation, since)
    SELECT %(review)s, %(lead)s, greatest(%(since)s::timestamptz, max(until))
    FROM review_lead WHERE review = %(review)s
    HAVING bool_and(until IS NOT NULL) IS NOT FALSE
"""


async def follow(
    connection: Connection, before: dict[str, Any] | None, task: dict[str, Any], now: datetime
) -> None:
    """Takes a review's Task as it was (None: it was not) and as just written; brings the record of
    its leads up to it."""
    review, lead = task["id"], _lead(task)
    was = None if before is None else _lead(before)
    if lead == was:
        return
    if was is not None:
        await connection.execute(_END, (now, review, lead))
    if lead is not None:
        since = task["executionPeriod"]["start"]
        await connection.execute(_BEGIN, {"review": review, "lead": lead, "since": since})


def _lead(task: dict[str, Any]) -> str | None:
    """Who leads: an owner since a time; one that is only asked to lead has none."""
    if task["status"] not in _LED or "start" not in task.get("executionPeriod", {}):
        return None
    return task["owner"]["identifier"]["value"]
