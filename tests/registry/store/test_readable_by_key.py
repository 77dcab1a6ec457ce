"""The table `readable` beside what it stands for, whatever happens to resources and involvements;
and how its rows are reached."""

from __future__ import annotations

from random import Random
from typing import Any

import psycopg
import pytest

from registry import database
from registry.store.reader import as_reader
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
    INSERT INTO resource (type, id, version, updated_at, person, status, content, audience,
        code_system, business_status)
    VALUES ('Task', %s, 1, clock_timestamp(), %s, 'requested', %s, %s, 's', 'b')
    ON CONFLICT (type, id) DO UPDATE SET person = excluded.person, audience = excluded.audience,
        updated_at = excluded.updated_at, version = resource.version + 1
"""
REMOVE = "DELETE FROM resource WHERE type = 'Task' AND id = %s"
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
    INSERT INTO resource (type, id, version, updated_at, person, status, owner, content,
        code_system, business_status)
    SELECT 'Task', n::text, 1, now(), 'p1', 'completed',
        CASE WHEN mod(n, 100) = 0 THEN 'few' ELSE 'many' END, '{}', 's', 'b'
    FROM generate_series(1, 5000) AS n
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
                (REMOVE, (task,)),
            )
        )

    seen = 0
    for _ in range(80):
        statement, values = change()
        store.execute(statement, values)
        assert store.execute(DIFFERENCE) == [], statement
        seen += len(store.execute("SELECT id FROM readable WHERE type = 'Task'"))
    assert seen > 0


async def test_what_is_about_nobody_goes_whole(store: Store) -> None:
    """An alarm is told to those whom it is for, and they are involved with no person for it."""
    write = WRITE.replace("'Task'", "'ServiceRequest'")
    told = "SELECT organisation FROM readable WHERE type = 'ServiceRequest' AND id = 'alarm'"
    store.execute(write, ("alarm", None, "{}", None))
    store.execute("INSERT INTO readable VALUES ('RAA', 'ServiceRequest', 'alarm', now())")
    store.execute(write, ("alarm", None, "{}", None))
    assert store.execute(told) == [("RAA",)]
    store.execute("DELETE FROM resource WHERE type = 'ServiceRequest' AND id = 'alarm'")
    assert store.execute(told) == []


async def test_no_row_of_another_organisation_is_looked_at(store: Store) -> None:
    """However many organisations there are, a change of one resource costs the same."""
    store.execute(PERSON, ("p2", "p2"))
    store.execute(INVOLVE, ("p2", T1, True))
    store.execute(
        "INSERT INTO readable (organisation, type, id, updated_at)"
        " SELECT 'X' || o, 'Task', o || '-' || n, now()"
        " FROM generate_series(1, 400) AS o, generate_series(1, 100) AS n"
    )
    store.execute("ANALYZE resource, readable, involvement")
    store.execute(WRITE, ("mine", "p2", "{}", None))
    moved = _blocks(store, WRITE, ("mine", "p2", "{}", [T1]))
    removed = _blocks(store, REMOVE, ("mine",))
    # By key it is a few blocks for each index. There are hundreds.
    assert 0 < moved < 60
    assert 0 < removed < 60


def _blocks(store: Store, statement: str, values: tuple[Any, ...]) -> int:
    """How many blocks of `readable` a change looks at, its triggers' work included."""
    with database.connect(store.url) as connection:
        connection.autocommit = True
        before = _looked_at(connection)
        connection.execute(statement.encode(), values)
        return _looked_at(connection) - before


def _looked_at(connection: psycopg.Connection[Any]) -> int:
    connection.execute("SELECT pg_stat_force_next_flush()")
    connection.execute("SELECT pg_stat_clear_snapshot()")
    row = connection.execute(
        "SELECT idx_blks_hit + idx_blks_read + heap_blks_hit + heap_blks_read"
        " FROM pg_statio_user_tables WHERE relname = 'readable'"
    ).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_few_are_read_without_reading_all_that_may_be_read(store: Store) -> None:
    store.execute(PERSON, ("p1", "p1"))
    store.execute(INVOLVE, ("p1", ICB1, True))
    store.execute(MANY)
    # Most organisations read little, so the planner expects little of any.
    store.execute(
        "INSERT INTO readable (organisation, type, id, updated_at)"
        " SELECT 'X' || n, 'Task', 'x' || n, now() FROM generate_series(1, 3000) AS n"
    )
    store.execute("ANALYZE resource, readable")
    async with store.pool.connection() as connection:
        await as_reader(connection, ICB1, "icb")
        told = await connection.execute(
            "EXPLAIN (ANALYZE) SELECT r.content FROM resource AS r"
            " WHERE r.type = 'Task' AND r.owner = 'few'"
        )
        plan = "\n".join(line for (line,) in await told.fetchall())
    assert "rows=50.00" in plan or "rows=50 " in plan
    assert "hashed" not in plan, plan
