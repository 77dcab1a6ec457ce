"""How the registry's work stands, in numbers for metrics: what is open, overdue or waiting, and
since when. Counts only; no row says anything about a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import LiteralString

from conformance import canonical
from registry.store.transaction import Connection

# Longer than this and the database has better things to do.
TIMEOUT_MILLISECONDS = 10_000
_LIMIT: LiteralString = "SELECT set_config('statement_timeout', %s, true)"

# Only Tasks with a date by which something is to be done: the index `task_due` holds these alone,
# so that closed reviews, most of all there are, cost nothing.
_REVIEWS: LiteralString = """
    SELECT searched #>> '{code,coding,0,code}', status, count(*), count(*) FILTER (WHERE due < %s)
    FROM resource
    WHERE type = 'Task' AND due IS NOT NULL AND searched #>> '{code,coding,0,system}' = %s
    GROUP BY 1, 2
"""
_QUEUES: LiteralString = """
    SELECT (SELECT count(*) FROM stale_cluster),
           (SELECT count(*) FROM resource WHERE type = 'Task' AND wakes_on < %s),
           (SELECT count(*) FROM audit_unsealed),
           (SELECT extract(epoch FROM clock_timestamp() - min(at))::float8 FROM audit_unsealed),
           (SELECT count(*) FROM subscription_event WHERE matched_at IS NULL),
           (SELECT extract(epoch FROM clock_timestamp() - max(at))::float8 FROM
               (SELECT at FROM subscription_event WHERE matched_at IS NULL ORDER BY id LIMIT 1)),
           (SELECT count(*) FROM export_job WHERE finished_at IS NULL AND failed IS NULL
               AND expires_at > now()),
           (SELECT count(*) FROM export_job WHERE failed IS NOT NULL AND expires_at > now()),
           (SELECT extract(epoch FROM clock_timestamp() - min(created_at))::float8
               FROM export_job WHERE finished_at IS NULL AND failed IS NULL AND expires_at > now())
"""
_SUBSCRIPTIONS: LiteralString = """
    SELECT s.status, count(*), sum(s.events - s.delivered)::bigint,
           extract(epoch FROM clock_timestamp() - min(e.at))::float8
    FROM subscription AS s
    LEFT JOIN subscription_notification AS n
        ON n.subscription = s.id AND n.number = s.delivered + 1
            AND s.status IN ('requested', 'active')
    LEFT JOIN subscription_event AS e ON e.id = n.event
    GROUP BY s.status
"""


@dataclass(frozen=True, slots=True)
class Reviews:
    """Reviews of one route in one status that have a date: how many, and how many are past it."""

    route: str
    status: str
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Subscriptions of one status: how many, their undelivered events, and the age in seconds of
    the oldest of these (0: none)."""

    status: str
    subscriptions: int
    undelivered: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts, and ages in seconds (0: nothing waits)."""

    reviews: tuple[Reviews, ...]
    subscribed: tuple[Subscribed, ...]
    stale_clusters: int
    untold_overdue: int
    unsealed: int
    unsealed_seconds: float
    unmatched: int
    unmatched_seconds: float
    exports_waiting: int
    exports_failed: int
    exports_seconds: float


async def standing(connection: Connection, today: date) -> Standing:
    """Takes a connection of the writer's role and today's date in London; returns how the work
    stands. psycopg.Error: the database is away, or took longer than `TIMEOUT_MILLISECONDS`."""
    async with connection.transaction():
        await connection.execute(_LIMIT, (str(TIMEOUT_MILLISECONDS),))
        reviews = await (
            await connection.execute(_REVIEWS, (today, canonical.REVIEW_ROUTE))
        ).fetchall()
        subscribed = await (await connection.execute(_SUBSCRIPTIONS)).fetchall()
        queues = await (await connection.execute(_QUEUES, (today,))).fetchone()
    assert queues is not None
    return Standing(
        tuple(Reviews(*row) for row in reviews),
        tuple(
            Subscribed(status, subscriptions, undelivered, oldest or 0.0)
            for status, subscriptions, undelivered, oldest in subscribed
        ),
        *(value or 0 for value in queues),
    )
