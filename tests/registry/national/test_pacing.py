"""All processes together ask a service no more often than it allows."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from registry.national.pacing import Pacing
from tests.registry.store.conftest import Store, store

__all__ = ["store"]


async def test_every_asking_of_any_process_moves_the_next_one_on(store: Store) -> None:
    ((begun,),) = store.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
    processes = [Pacing(store.pool, 5) for _ in range(4)]
    waits = await asyncio.gather(*(processes[n % 4].take("pds", 100) for n in range(40)))
    ((next_at,),) = store.execute("SELECT extract(epoch FROM next_at)::float8 FROM national_pace")
    assert next_at - begun >= 40 / 5
    assert len(set(waits)) == 40


async def test_the_moments_in_the_database_are_a_fifth_of_a_second_apart(store: Store) -> None:
    pacing = Pacing(store.pool, 5)
    moments: list[float] = []
    for _ in range(5):
        await pacing.take("pds", 100)
        ((at,),) = store.execute("SELECT extract(epoch FROM next_at)::float8 FROM national_pace")
        moments.append(at)
    assert all(round(later - earlier, 3) >= 0.2 for earlier, later in pairwise(moments))


async def test_a_pause_is_not_made_up_for(store: Store) -> None:
    pacing = Pacing(store.pool, 5)
    await pacing.take("pds", 100)
    store.execute("UPDATE national_pace SET next_at = now() - interval '1 hour'")
    assert await pacing.take("pds", 100) == 0.0
    assert (await pacing.take("pds", 100) or 0.0) > 0.0


async def test_each_service_has_its_own_pace(store: Store) -> None:
    pacing = Pacing(store.pool, 1)
    assert await pacing.take("pds", 100) == 0.0
    assert await pacing.take("flags", 100) == 0.0
    assert (await pacing.take("pds", 100) or 0.0) > 0.5


async def test_a_service_held_back_is_held_back_for_all_and_never_for_less(store: Store) -> None:
    one, other = Pacing(store.pool, 5), Pacing(store.pool, 5)
    assert await other.held("pds") == 0.0
    await one.hold("pds", 60.0)
    await one.hold("pds", 10.0)
    assert 50.0 < await other.held("pds") <= 60.0
    assert await other.held("flags") == 0.0


async def test_no_moment_is_taken_that_nobody_needs(store: Store) -> None:
    pacing = Pacing(store.pool, 5)
    taken = [await pacing.take("pds", 2) for _ in range(6)]
    # The one of now, two ahead of it, and as many more as went by meanwhile.
    assert taken[0] == 0.0
    assert taken.count(None) >= 1
    assert await pacing.take("pds", 100) is not None
