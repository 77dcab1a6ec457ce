"""How often a national service may be asked, by all processes together: one row in the database,
from which each request takes the next free moment.

The moments are evenly spaced, so that no second ever has more of them than it may.
"""

from __future__ import annotations

from registry.store.transaction import Pool

# By the database's clock, which all processes share.
_TAKE = """
    INSERT INTO national_pace AS pace (service, next_at)
    VALUES (%(service)s, clock_timestamp() + %(interval)s * interval '1 second')
    ON CONFLICT (service) DO UPDATE SET next_at =
        greatest(pace.next_at, clock_timestamp()) + %(interval)s * interval '1 second'
    WHERE floor(extract(epoch FROM pace.next_at - clock_timestamp())::float8 / %(interval)s)
        < %(wanted)s
    RETURNING extract(epoch FROM next_at - clock_timestamp())::float8 - %(interval)s
"""
_HOLD = """
    INSERT INTO national_pace AS pace (service, next_at, held_until)
    VALUES (%(service)s, clock_timestamp() + %(seconds)s * interval '1 second',
        clock_timestamp() + %(seconds)s * interval '1 second')
    ON CONFLICT (service) DO UPDATE SET
        next_at = greatest(pace.next_at, excluded.next_at),
        held_until = greatest(pace.held_until, excluded.held_until)
"""
_HELD = """
    SELECT coalesce(max(extract(epoch FROM held_until - clock_timestamp())::float8), 0)
    FROM national_pace WHERE service = %s
"""


class Pacing:
    """The pace of all services, each for itself."""

    def __init__(self, pool: Pool, per_second: int) -> None:
        self._pool = pool
        self._interval = 1.0 / per_second

    async def take(self, service: str, wanted: int) -> float | None:
        """Takes a service's name and how many requests wait to be made of it by anybody; returns
        the seconds to wait before the one request that may then be made, None where as many moments
        are taken already: who takes one without need delays another."""
        values = {"service": service, "interval": self._interval, "wanted": wanted}
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_TAKE, values)).fetchone()
        return None if row is None else max(float(row[0]), 0.0)

    async def held(self, service: str) -> float:
        """Takes a service's name; returns for how many seconds it does not want to be asked: 0
        where it may be."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_HELD, (service,))).fetchone()
        assert row is not None
        return max(float(row[0]), 0.0)

    async def hold(self, service: str, seconds: float) -> None:
        """Takes a service's name and for how long it does not want to be asked by anybody."""
        async with self._pool.connection() as connection:
            await connection.execute(_HOLD, {"service": service, "seconds": seconds})
