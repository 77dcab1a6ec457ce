"""The table `readable` beside what it stands for, whatever happens to resources and involvements;
and how its rows are reached."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from registry.store.reader import Manner, as_reader
from registry.store.search import by_id
from tests.registry.core.stating import ICB1, T1
from tests.registry.store.conftest import Store

PEOPLE = ("p1", "p2")
ORGANISATIONS = ("RAA", "RBB", "RCC")
OF_NOBODY_ELSE = (None, ["RAA"], ["RBB", "RCC"])
PERSON = """
    WITH made AS (INSERT INTO cluster DEFAULT VALUES RETURNING id)
    INSERT INTO person (id, cluster, key_system, key_value) SELECT %s, id, 's', %s FROM made
"""
INVOLVE = """
    INSERT INTO involvement (person, organisation, reasons, is_party) VALUES (%s, %s, '{lead}', %s)
    ON CONFLICT DO NOTHING
"""
WRITE = """
    INSERT INTO resource (type, id, version, updated_at, person, status, content, audience)
    VALUES ('Task', %s, 1, clock_timestamp(), %s, 'requested', %s, %s)
    ON CONFLICT (type, id) DO UPDATE SET person = excluded.person, audience = excluded.audience,
        updated_at = excluded.updated_at, version = resource.version + 1
"""
# What is right, and what is there.
DIFFERENCE = """
    SELECT coalesce(v.organisation, w.organisation), coalesce(v.id, w.id)
    FROM readable AS v FULL JOIN (
        SELECT i.organisation, r.type, r.id
        FROM resource AS r JOIN involvement AS i ON i.person = r.person
        WHERE may_read(i.is_party, i.organisation, r.audience)) AS w USING (organisation, type, id)
    WHERE coalesce(v.type, w.type) = 'Task' AND (v.id IS NULL OR w.id IS NULL)
"""
MANY = """
    INSERT INTO resource (type, id, version, updated_at, person, status, owner, content)
    SELECT 'Task', n::text, 1, now(), 'p1', 'completed', %s, '{}' FROM generate_series(1, 5000) AS n
"""


@pytest.mark.parametrize("seed", range(3))
async def test_it_follows_every_change(store: Store, seed: int) -> None:
    random = Random(seed)
    for person in PEOPLE:
        store.execute(PERSON, (person, person))

    def change() -> tuple[str, tuple[Any, ...]]:
        task, person = str(random.randrange(4)), random.choice(PEOPLE)
        organisation = random.choice(ORGANISATIONS)
        return random.choice(
            (
                (INVOLVE, (person, organisation, random.random() < 0.7)),
                (
                    "DELETE FROM involvement WHERE person = %s AND organisation = %s",
                    (person, organisation),
                ),
                (WRITE, (task, person, "{}", random.choice(OF_NOBODY_ELSE))),
                (WRITE, (task, person, "{}", None)),
                ("DELETE FROM resource WHERE type = 'Task' AND id = %s", (task,)),
            )
        )

    seen = 0
    for _ in range(80):
        statement, values = change()
        store.execute(statement, values)
        assert store.execute(DIFFERENCE) == [], statement
        seen += len(store.execute("SELECT id FROM readable WHERE type = 'Task'"))
    assert seen > 0


async def test_no_row_of_another_organisation_is_looked_at(store: Store) -> None:
    """However many organisations there are, a change of one resource costs the same."""
    store.execute(PERSON, ("p2", "p2"))
    store.execute(INVOLVE, ("p2", T1, True))
    store.execute(
        "INSERT INTO readable (organisation, type, id, updated_at)"
        " SELECT 'X' || o, 'Task', o || '-' || n, now()"
        " FROM generate_series(1, 400) AS o, generate_series(1, 20) AS n"
    )
    store.execute("ANALYZE resource, readable, involvement")
    store.execute(WRITE, ("mine", "p2", "{}", None))
    moved = await _blocks(store, (WRITE, ("mine", "p2", "{}", [T1])))
    removed = await _blocks(store, ("DELETE FROM resource WHERE type = 'Task' AND id = 'mine'", ()))
    # By key it is a few blocks for each index; across organisations it was one or more for each.
    assert moved < 200
    assert removed < 200


async def _blocks(store: Store, change: tuple[str, tuple[Any, ...]]) -> int:
    """How many blocks a change reads, its triggers' work included, once it was planned."""
    async with store.pool.connection() as connection, connection.transaction(force_rollback=True):
        text = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {change[0]}"
        async with connection.transaction(force_rollback=True):
            await connection.execute(text.encode(), change[1])
        row = await (await connection.execute(text.encode(), change[1])).fetchone()
        assert row is not None
        plan = row[0][0]["Plan"]
        return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


async def test_a_few_are_read_without_reading_all_that_may_be_read(store: Store) -> None:
    store.execute(PERSON, ("p1", "p1"))
    store.execute(INVOLVE, ("p1", ICB1, True))
    store.execute(MANY, (T1,))
    # Most organisations read little, so the planner expects little of any.
    store.execute(
        "INSERT INTO readable (organisation, type, id, updated_at)"
        " SELECT 'X' || n, 'Task', 'x' || n, now() FROM generate_series(1, 3000) AS n"
    )
    store.execute("ANALYZE resource, readable")
    async with store.pool.connection() as connection:
        await as_reader(connection, ICB1, "icb", Manner(by_key=True))
        found = await by_id(connection, [("Task", str(n)) for n in range(1, 41)], ICB1)
        assert len(found) == 40
        told = await connection.execute(
            "EXPLAIN (ANALYZE, FORMAT TEXT) SELECT r.content"
            " FROM unnest(ARRAY(SELECT n::text FROM generate_series(1, 40) AS n)) AS k (id)"
            " JOIN resource AS r ON r.type = 'Task' AND r.id = k.id"
        )
        plan = "\n".join(line for (line,) in await told.fetchall())
    assert "hashed" not in plan, plan
