"""What Tasks are found by stands in columns of its own, and is always what the Task says."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.errors import CheckViolation

from registry.core.decision import Step
from tests.registry.core.stating import T1, T2, Sender
from tests.registry.store.conftest import Store

# As the Task says it, in the words of PostgreSQL.
DIFFERENT = """
    SELECT id FROM resource, LATERAL (SELECT content::jsonb AS task) AS said
    WHERE type = 'Task' AND (
        due IS DISTINCT FROM (task #>> '{restriction,period,end}')::date
        OR offered_to IS DISTINCT FROM jsonb_path_query_first(task,
            '$.input[*] ? (@.type.coding.code == "offered-to")')
            #>> '{valueReference,identifier,value}'
        OR code_system IS DISTINCT FROM task #>> '{code,coding,0,system}'
        OR business_status IS DISTINCT FROM task #>> '{businessStatus,coding,0,code}'
        OR necessity IS DISTINCT FROM jsonb_path_query_first(task,
            '$.input[*] ? (@.type.coding.code == "necessity")')
            #>> '{valueCodeableConcept,coding,0,code}')
"""
HELD = """
    SELECT count(due), count(offered_to), count(DISTINCT code_system), count(DISTINCT necessity)
    FROM resource WHERE type = 'Task'
"""


async def everything_there_is(store: Store) -> None:
    """A review that is offered on, and a question to a sender whose words contradict."""
    t1, t2 = Sender(T1), Sender(T2)
    await store.tell(
        t1.admits("2026-01-05"),
        t1.discharges("2026-01-10", method="4", died="2026-01-10"),
        t2.admits("2026-01-12", "W1"),
        t2.discharges("2026-01-14", "W1"),
        t2.contradicts_itself(),
    )
    await store.decide(Step.ACCEPT, T1)
    await store.decide(Step.OFFER, T1, to=T2)


async def test_they_say_what_the_task_says_after_every_step(store: Store) -> None:
    await everything_there_is(store)
    due, offered, systems, needs = store.execute(HELD)[0]
    assert due and offered == 1 and systems == 2 and needs
    assert store.execute(DIFFERENT) == []
    await store.decide(Step.ACCEPT, T2)
    assert store.execute(HELD)[0][1] == 0
    assert store.execute(DIFFERENT) == []


@pytest.mark.parametrize("resource_type", ["Patient", "Encounter", "Observation", "Provenance"])
async def test_nothing_else_has_them(store: Store, resource_type: str) -> None:
    await everything_there_is(store)
    columns = "due, offered_to, code_system, business_status, necessity"
    rows: list[Any] = store.execute(
        f"SELECT DISTINCT {columns} FROM resource WHERE type = %s", (resource_type,)
    )
    assert rows == [(None, None, None, None, None)]


async def test_a_task_without_them_is_refused(store: Store) -> None:
    """As a registry of the version before would write it: it could not be found."""
    with pytest.raises(CheckViolation):
        store.execute(
            "INSERT INTO resource (type, id, version, updated_at, person, content)"
            " VALUES ('Task', 't', 1, now(), 'p', '{}')"
        )
