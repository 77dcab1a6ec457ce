"""Who has led each review, and when: the table whose index promises one lead at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, LiteralString

from registry.store.together import Write

Resource = dict[str, Any]

# Task.status while somebody leads.
_LED = {"accepted", "in-progress", "on-hold"}

# The giver's lead ends before the taker's begins, or the index would refuse it: that is why the
# ended ones are counted.
_FOLLOW: LiteralString = """
    ended_leads AS (
        UPDATE review_lead SET until = %(leads_now)s
        WHERE review = ANY(%(led_until_now)s) AND until IS NULL
        RETURNING review
    ), begun_leads AS (
        INSERT INTO review_lead (review, organisation, since)
        SELECT review, lead, greatest(since, (
            SELECT max(coalesce(until, %(leads_now)s)) FROM review_lead AS l
            WHERE l.review = new.review))
        FROM unnest(%(led_reviews)s::text[], %(new_leads)s::text[], %(led_since)s::timestamptz[])
            AS new (review, lead, since)
        CROSS JOIN (SELECT count(*) FROM ended_leads) AS ended
    )
"""


def following(written: Iterable[tuple[Resource | None, Resource]], now: datetime) -> Write | None:
    """Takes reviews' Tasks, each as it was (None: it was not) and as it is written, and the time;
    returns what brings the record of their leads up to them, None where nobody else leads now."""
    changed = [
        (was, lead, task)
        for before, task in written
        if (was := before and _lead(before)) != (lead := _lead(task))
    ]
    if not changed:
        return None
    begun = [(task, lead) for _, lead, task in changed if lead is not None]
    return Write(
        _FOLLOW,
        {
            "leads_now": now,
            "led_until_now": [task["id"] for was, _, task in changed if was is not None],
            "led_reviews": [task["id"] for task, _ in begun],
            "new_leads": [lead for _, lead in begun],
            "led_since": [task["executionPeriod"]["start"] for task, _ in begun],
        },
    )


def _lead(task: Resource) -> str | None:
    """Who leads: an owner since a time; one that is only asked to lead has none."""
    if task["status"] not in _LED or "start" not in task.get("executionPeriod", {}):
        return None
    return task["owner"]["identifier"]["value"]
