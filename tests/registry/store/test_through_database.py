"""The rule everything rests on, again through the database: any order, any repetition, any split
into batches, as statements of one message or of several, and any interleaving of writers leave the
same state stored."""

from __future__ import annotations

import asyncio
import os
from random import Random
from typing import Any

import psycopg
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from registry import database
from registry.core.statement import Statement
from registry.directory import loading
from registry.store.recompute import Told, record, record_together
from registry.store.transaction import Connection, Pool
from tests.registry.core.stating import DIRECTORY
from tests.registry.core.test_order import histories
from tests.registry.store.conftest import RULES

EXAMPLES = 1_000 if os.environ.get("LFD_NIGHTLY") else 30
WRITERS = 4

# What stands: what the facts once raised and then took back stays readable, and is history.
STANDING = """
    SELECT type, id, content::jsonb - 'meta' - 'authoredOn' - 'lastModified', audience, person
    FROM resource
    WHERE person IS NOT NULL
        AND status IS DISTINCT FROM 'cancelled' AND status IS DISTINCT FROM 'completed'
        AND content NOT LIKE '%%entered-in-error%%' AND NOT content::jsonb ? 'active'
    ORDER BY type, id
"""
FOUND_BY = "SELECT system, value, person FROM person_identifier ORDER BY system, value"
EMPTY = "TRUNCATE cluster, resource_version, review_lead, stale_cluster CASCADE"
State = list[Any]


async def stored(pool: Pool) -> State:
    async with pool.connection() as connection:
        standing = await (await connection.execute(STANDING)).fetchall()
        found_by = await (await connection.execute(FOUND_BY)).fetchall()
    # A Patient of whom nothing stands is history: somebody was once thought dead.
    shown = {row[4] for row in standing if row[0] != "Patient"}
    return [
        [row[:4] for row in standing if row[4] in shown],
        [row for row in found_by if row[2] in shown],
    ]


async def nothing_beside(_: Connection, shown: list[list[int]]) -> None:
    assert all(len(clusters) <= 1 for clusters in shown)


async def tell(pool: Pool, batches: list[list[Statement]], writers: int) -> State:
    async with pool.connection() as connection:
        await connection.execute(EMPTY)
    waiting = list(reversed(batches))

    async def write() -> None:
        while waiting:
            batch = waiting.pop()
            if len(waiting) % 2:
                told = [Told(statement) for statement in batch]
                await record_together(pool, told, RULES, nothing_beside)
            else:
                await record(pool, batch, RULES)

    await asyncio.gather(*(write() for _ in range(writers)))
    return await stored(pool)


def split(history: list[Statement], random: Random) -> list[list[Statement]]:
    batches: list[list[Statement]] = []
    left = list(history)
    while left:
        size = random.randint(1, 3)
        batches.append(left[:size])
        left = left[size:]
    return batches


def test_order_repetition_batches_and_interleaving_change_nothing_stored(
    database_url: str,
) -> None:
    with psycopg.connect(database_url) as connection:
        loading.load(connection, DIRECTORY.values())
    pool = database.pool(database_url, size=WRITERS)
    with asyncio.Runner() as runner:
        runner.run(pool.open(wait=True))

        # A failing history is small as it is; making it smaller would take minutes of database.
        @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.generate])
        @given(histories, st.randoms(use_true_random=False))
        def ends_alike(history: list[Statement], random: Random) -> None:
            told = history + random.choices(history, k=3) if history else []
            random.shuffle(told)
            one_by_one = runner.run(tell(pool, [[one] for one in history], writers=1))
            interleaved = runner.run(tell(pool, split(told, random), writers=WRITERS))
            assert interleaved == one_by_one

        ends_alike()
        runner.run(pool.close())
