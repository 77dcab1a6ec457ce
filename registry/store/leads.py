"""Who has led each review, and when: the table whose index promises one lead at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from registry.store.transaction import Connection

_END = """
    UPDATE review_lead SET until = %s
    WHERE review = %s AND until IS NULL AND organisation IS DISTINCT FROM %s
"""
_BEGIN = """
    INSERT INTO review_lead (review, organisation, since)
    SELECT %s, %s, %s
    WHERE NOT EXISTS (
        SELECT FROM review_lead WHERE review = %s AND until IS NULL AND organisation = %s
    )
"""


async def follow(connection: Connection, task: dict[str, Any], now: datetime) -> None:
    """Takes a review's Task as just written; brings the record of its leads up to it."""
    review, lead = task["id"], _lead(task)
    await connection.execute(_END, (now, review, lead))
    if lead is not None:
        since = task["executionPeriod"]["start"]
        await connection.execute(_BEGIN, (review, lead, since, review, lead))


def _lead(task: dict[str, Any]) -> str | None:
    if task["status"] != "accepted":
        return None
    return task["owner"]["identifier"]["value"]
