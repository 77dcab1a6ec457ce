"""How PostgreSQL answers searches that few resources meet: by an index, not by reading through all
that an organisation has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from registry.api.search.sorting import order_by
from registry.store import conditions, search
from registry.store.conditions import Binder, Condition
from registry.store.reader import as_reader
from registry.store.search import BY_CHANGE, BY_ID, SortKey, Wanted
from registry.store.transaction import Connection
from tests.registry.core.stating import ICB1, T1
from tests.registry.store.conftest import Store

Plan = dict[str, Any]
TASKS, ON_HOLD = 10_000, 40
REVIEW, QUESTION = "urn:test:review", "urn:test:question"
# So many Tasks of one trust, nearly all of them done; the board reads them too.
PERSON = """
    WITH made AS (INSERT INTO cluster DEFAULT VALUES RETURNING id)
    INSERT INTO person (id, cluster, key_system, key_value) SELECT 'p', id, 's', 'v' FROM made
"""
INVOLVED = """
    INSERT INTO involvement (person, organisation, reasons, is_party)
    SELECT 'p', ods, '{lead}', true FROM unnest(%s::text[]) AS ods
"""
MANY = """
    INSERT INTO resource (type, id, version, updated_at, person, status, owner, content,
        business_status, code_system, due)
    SELECT 'Task', n::text, 1, now() - n * interval '1 minute', 'p', status, %s,
        jsonb_build_object('resourceType', 'Task', 'id', n::text, 'status', status,
            'businessStatus', jsonb_build_object('coding', jsonb_build_array(
                jsonb_build_object('code', 'state of ' || status))),
            'code', jsonb_build_object('coding', jsonb_build_array(jsonb_build_object('system',
                CASE WHEN status = 'on-hold' THEN 'urn:test:question' ELSE 'urn:test:review' END))),
            'restriction', jsonb_build_object('period', jsonb_build_object('end',
                (date '2026-01-01' + mod(n * 7, 1000))::text)))::text,
        'state of ' || status,
        CASE WHEN status = 'on-hold' THEN 'urn:test:question' ELSE 'urn:test:review' END,
        date '2026-01-01' + mod(n * 7, 1000)
    FROM (SELECT n, CASE WHEN mod(n, %s) = 0 THEN 'on-hold' ELSE 'completed' END
          FROM generate_series(1, %s) AS n) AS made (n, status)
"""


@pytest.fixture
async def many(store: Store) -> Store:
    store.execute(PERSON)
    store.execute(INVOLVED, ([T1, ICB1],))
    store.execute(MANY, (T1, TASKS // ON_HOLD, TASKS))
    store.execute("ANALYZE resource, readable")
    return store


async def planned(
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    organisation: str,
    *asked: Condition,
    order: tuple[SortKey, ...] = (BY_CHANGE, BY_ID),
    size: int = 100,
) -> tuple[int, Plan]:
    """How many a search finds on its first page, and how PostgreSQL found them."""
    plans: list[Plan] = []
    run = search._run  # pyright: ignore[reportPrivateUsage] - the query itself is what is looked at

    async def explained(at: Connection, text: str, kind: str, binder: Binder) -> list[Any]:
        told = await run(at, f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", kind, binder)
        plans.append(told[0][0][0]["Plan"])
        return await run(at, text, kind, binder)

    monkeypatch.setattr(search, "_run", explained)
    async with connection.transaction():
        await as_reader(connection, organisation, "icb" if organisation == ICB1 else "provider")
        found, _ = await search.page(connection, Wanted("Task", asked, order), organisation, size)
    return len(found), plans[0]


def nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


def read(plan: Plan) -> int:
    """How many rows were read, those that were not wanted among them."""
    return sum(
        (n["Actual Rows"] + n.get("Rows Removed by Filter", 0)) * n["Actual Loops"]
        for n in nodes(plan)
        if "Relation Name" in n
    )


async def test_the_few_on_hold_are_found_without_reading_all(
    many: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = conditions.column_is("status", "on-hold")
    several = conditions.any_of([one, conditions.column_is("status", "rejected")])
    async with many.pool.connection() as connection:
        for organisation, status in ((T1, one), (ICB1, one), (T1, several)):
            with monkeypatch.context() as patched:
                found, plan = await planned(
                    connection, patched, organisation, conditions.column_is("owner", T1), status
                )
            assert found == ON_HOLD
            assert not any(n["Node Type"] == "Seq Scan" for n in nodes(plan)), plan
            assert read(plan) < 10 * ON_HOLD, plan


async def test_what_the_first_page_of_the_day_asks_for_is_found_without_reading_all(
    many: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned = conditions.column_is("owner", T1)
    kind = {one: conditions.column_is("code_system", one) for one in (REVIEW, QUESTION)}
    state = conditions.column_is("business_status", "state of on-hold")
    by_due = order_by("Task", ["due"])
    async with many.pool.connection() as connection:
        with monkeypatch.context() as patched:
            found, plan = await planned(connection, patched, T1, owned, state)
        assert found == ON_HOLD
        assert read(plan) < 10 * ON_HOLD, plan
        for wanted, size, expected in ((QUESTION, 100, ON_HOLD), (REVIEW, 20, 20)):
            with monkeypatch.context() as patched:
                found, plan = await planned(
                    connection, patched, T1, owned, kind[wanted], order=by_due, size=size
                )
            assert found == expected
            assert read(plan) < 10 * ON_HOLD, plan
