"""What the passing of time brings about: boards are told of overdue reviews, successors take over,
and what changed for many people at once is recomputed person by person.

Every piece of work is one transaction that looks again under the lock, so any number of processes
may do this at once, and one that is killed leaves the rest for the next.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from registry.core.decision import REGISTRY, Step
from registry.core.steps import Taken
from registry.core.steps.task import ReviewTask
from registry.store import clusters, decisions, facts, resources
from registry.store.decisions import Actor
from registry.store.recompute import Rules, recompute
from registry.store.transaction import Connection, Pool, transact

BATCH = 100

_OVERDUE = """
    SELECT id FROM resource WHERE type = 'Task' AND wakes_on <= %s ORDER BY wakes_on, id LIMIT %s
"""
_SUCCEEDED = """
    SELECT o.ods, o.succeeded_on FROM organisation AS o
    WHERE o.succeeded_on <= %s AND NOT EXISTS (
        SELECT FROM followed_succession AS f
        WHERE f.ods = o.ods AND f.succeeded_on = o.succeeded_on
    )
    ORDER BY o.succeeded_on, o.ods
"""


async def escalate_overdue(pool: Pool, rules: Rules, today: date) -> int:
    """Takes today's date in London; tells the boards of reviews that became overdue, some at a
    time. Returns how many there were: ask again until there are none."""
    async with pool.connection() as connection:
        rows = await (await connection.execute(_OVERDUE, (today, BATCH))).fetchall()
    for (task_id,) in rows:

        async def work(connection: Connection, task_id: str = task_id) -> None:
            await _escalate(connection, task_id, rules, today)

        await transact(pool, work)
    return len(rows)


async def _escalate(connection: Connection, task_id: str, rules: Rules, today: date) -> None:
    locked = await clusters.lock_of_task(connection, task_id)
    if locked is None:
        return
    task = await resources.stored_of(connection, "Task", task_id)
    if task is None or task.wakes_on is None or task.wakes_on > today:
        return
    taken = Taken(ReviewTask(task.resource).route, Step.ESCALATE)
    cluster, key = locked
    actor = Actor(REGISTRY, REGISTRY)
    await decisions.take(connection, cluster, key, taken, actor, datetime.now(UTC), rules)


async def follow_successions(pool: Pool, today: date) -> int:
    """Takes today's date in London; marks everybody for recomputing who has to do with an
    organisation that another succeeded by today. Returns how many successions that were."""

    async def work(connection: Connection) -> int:
        succeeded = await (await connection.execute(_SUCCEEDED, (today,))).fetchall()
        if succeeded:
            await facts.mark_stale(connection, [ods for ods, _ in succeeded])
        for ods, on in succeeded:
            await connection.execute(
                "INSERT INTO followed_succession (ods, succeeded_on) VALUES (%s, %s)"
                " ON CONFLICT DO NOTHING",
                (ods, on),
            )
        return len(succeeded)

    return await transact(pool, work)


async def recompute_stale(pool: Pool, rules: Rules) -> int:
    """Recomputes some of the clusters that are marked; returns how many: ask again until there are
    none."""
    async with pool.connection() as connection:
        rows = await (
            await connection.execute(
                "SELECT cluster FROM stale_cluster ORDER BY cluster LIMIT %s", (BATCH,)
            )
        ).fetchall()
    for (cluster,) in rows:

        async def work(connection: Connection, cluster: int = cluster) -> None:
            # First, so that whatever is marked from here on is marked anew.
            await connection.execute("DELETE FROM stale_cluster WHERE cluster = %s", (cluster,))
            if await clusters.lock_one(connection, cluster):
                await recompute(connection, cluster, rules)

        await transact(pool, work)
    return len(rows)
