"""The subscriptions of one process: numbers events, delivers, and forgets what is old.

Any number of processes share the work, and each subscription is delivered by itself, so that an
endpoint that does not answer keeps nobody waiting but its own subscriber.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import LiteralString

from psycopg import Error
from psycopg_pool import PoolTimeout

from registry.background import Turns, ended
from registry.store.transaction import Pool
from registry.subscriptions import numbering
from registry.subscriptions.delivering import Delivery, Telling

FORGET_EVERY = 3600.0

# Those that work first: of those that fail, or have not shown that they work, only so many at once.
_DUE: LiteralString = """
    SELECT id, failures > 0 OR status = 'requested' FROM subscription
    WHERE (status IN ('requested', 'active') AND next_at <= clock_timestamp()
            AND (status = 'requested' OR events > delivered
                OR coalesce(contacted_at, '-infinity') + make_interval(secs => heartbeat)
                    <= clock_timestamp()))
        OR (status <> 'off' AND ends_at <= clock_timestamp())
    ORDER BY failures > 0 OR status = 'requested', next_at LIMIT 200
"""
_LATER: LiteralString = """
    UPDATE subscription SET next_at = clock_timestamp() + interval '1 minute' WHERE id = %s
"""

_log = logging.getLogger(__name__)


class Subscriptions:
    """One process's part. The pool has a connection for each delivery at once, and one more."""

    def __init__(self, pool: Pool, telling: Telling) -> None:
        self._pool = pool
        self._telling = telling
        self._turns = Turns("subscriptions", self._look, telling.settings.seconds)
        # By subscription, with whether it was doubtful that it works.
        self._under_way: dict[str, tuple[asyncio.Task[None], bool]] = {}
        self._forget_at = 0.0

    def start(self) -> None:
        """Begins."""
        self._turns.start()

    async def stop(self) -> None:
        """Ends; what is under way is sent again by the next process."""
        await self._turns.stop()
        await ended([task for task, _ in self._under_way.values()])

    def soon(self) -> None:
        """Has it look for work now."""
        self._turns.soon()

    async def _look(self) -> None:
        while await numbering.number_some(self._pool):
            pass
        async with self._pool.connection() as connection:
            due = await (await connection.execute(_DUE)).fetchall()
        for subscription_id, is_doubtful in due:
            self._begin(subscription_id, is_doubtful=is_doubtful)
        if time.monotonic() >= self._forget_at:
            while await numbering.forget_some(self._pool, self._telling.settings.retention):
                pass
            self._forget_at = time.monotonic() + FORGET_EVERY

    def _begin(self, subscription_id: str, *, is_doubtful: bool) -> None:
        most = self._telling.settings.at_once
        doubtful = sum(was_doubtful for _, was_doubtful in self._under_way.values())
        if subscription_id in self._under_way or len(self._under_way) >= most:
            return
        if is_doubtful and doubtful >= most // 2:
            return
        task = asyncio.create_task(self._deliver(subscription_id))
        self._under_way[subscription_id] = (task, is_doubtful)

    async def _deliver(self, subscription_id: str) -> None:
        is_worth_looking = False
        try:
            is_worth_looking = await Delivery(self._pool, self._telling, subscription_id).run()
        except (Error, PoolTimeout) as error:
            _log.warning("subscriptions: %s in a delivery; trying again", type(error).__name__)
        except Exception as error:
            # Of one subscription: the others go on. Its text may hold what was to be told.
            _log.error("subscriptions: delivery failed error=%s", type(error).__name__)
            await self._put_off(subscription_id)
        finally:
            del self._under_way[subscription_id]
            if is_worth_looking:
                self._turns.soon()

    async def _put_off(self, subscription_id: str) -> None:
        with suppress(Error, PoolTimeout):
            async with self._pool.connection() as connection:
                await connection.execute(_LATER, (subscription_id,))
