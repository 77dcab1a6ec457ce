"""Takes national events in: those about somebody held are kept to be read, all others are dropped
before anything is written or read of them.

The service that publishes deaths publishes all of the country's. One look-up in an index, for a
whole delivery at a time, is all that most of them cost; and of somebody not held nothing stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from registry.national import pointers
from registry.national.event import Event, Kind
from registry.national.metrics import NationalMetrics
from registry.store.transaction import Connection, Pool, transact


@dataclass(frozen=True, slots=True)
class Received:
    """Of how many events each came: kept to be read, of nobody held, of a type that is none of our
    concern, known before."""

    kept: int = 0
    not_held: int = 0
    other: int = 0
    known: int = 0


class Reception:
    """The door for national events, whichever way they come."""

    def __init__(
        self,
        pool: Pool,
        kinds: frozenset[Kind],
        metrics: NationalMetrics,
        wake: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._kinds = kinds
        self._metrics = metrics
        self._wake = wake

    async def take(self, events: Iterable[Event], way: str) -> Received:
        """Takes events and the way they came by (for the count); returns what became of them, once
        that is committed."""
        came = list(events)
        wanted = [(e, kind) for e in came if (kind := e.kind) is not None and kind in self._kinds]
        kept, held = await self._keep(wanted)
        received = Received(kept, len(wanted) - held, len(came) - len(wanted), held - kept)
        self._metrics.count(way, received)
        if kept:
            self._wake()
        return received

    async def _keep(self, wanted: list[tuple[Event, Kind]]) -> tuple[int, int]:
        """How many were kept, and how many are about somebody held."""
        if not wanted:
            return 0, 0
        numbers = sorted({event.number for event, _ in wanted})
        async with self._pool.connection() as connection:
            held = await pointers.held(connection, numbers)
        ours = [(event, kind) for event, kind in wanted if event.number in held]
        if not ours:
            return 0, 0
        # In one order, so that two deliveries of the same events do not wait for each other.
        ours.sort(key=lambda one: (one[0].source, one[0].event_id))

        async def work(connection: Connection) -> int:
            return sum([await pointers.point(connection, event, kind) for event, kind in ours])

        return await transact(self._pool, work), len(ours)
