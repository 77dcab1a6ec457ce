"""The same write twice under one request id is one write."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import psycopg

from tests.registry.api.conftest import Ask
from tests.registry.api.test_reviews import IN_HOSPITAL, accept, tell, the_task
from tests.registry.core.stating import ICB1, T1


async def test_a_client_that_heard_nothing_asks_again_and_hears_it(
    ask: Ask, database_url: str
) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    same = {"X-Request-ID": str(uuid4())}
    first = await accept(provider, task, **same)
    again = await accept(provider, task, **same)
    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    assert again.headers["ETag"] == 'W/"2"'
    # Without the id it would be a second step on a version that is no more.
    assert (await accept(provider, task)).status_code == 412
    with psycopg.connect(database_url) as connection:
        decisions = connection.execute("SELECT count(*) FROM registry.decision").fetchone()
    assert decisions == (1,)


async def test_an_id_stands_for_one_request(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    same = {"X-Request-ID": str(uuid4())}
    assert (await accept(provider, task, **same)).status_code == 200
    other = await accept(provider, task | {"priority": "stat"}, **same)
    assert other.status_code == 422
    assert other.json()["issue"][0]["code"] == "duplicate"


async def test_a_refusal_is_not_kept(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    same = {"X-Request-ID": str(uuid4())}
    wrong = await accept(provider, task | {"priority": "stat"}, **same)
    assert wrong.status_code == 422
    assert (await accept(provider, task, **same)).status_code == 200


async def test_the_id_of_one_client_is_nothing_to_another(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider, icb = await ask(T1, "provider"), await ask(ICB1, "icb")
    task = await the_task(provider)
    same = {"X-Request-ID": str(uuid4())}
    assert (await accept(provider, task, **same)).status_code == 200
    assert (await accept(icb, task, **same)).status_code == 412


async def test_both_of_two_at_once_hear_the_same(ask: Ask) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    same = {"X-Request-ID": str(uuid4())}
    answers = await asyncio.gather(*(accept(provider, task, **same) for _ in range(6)))
    assert {(a.status_code, a.content) for a in answers} == {(200, answers[0].content)}


async def test_an_answer_is_forgotten_after_a_day(ask: Ask, database_url: str) -> None:
    await tell(ask, IN_HOSPITAL)
    provider = await ask(T1, "provider")
    task = await the_task(provider)
    same = {"X-Request-ID": str(uuid4())}
    assert (await accept(provider, task, **same)).status_code == 200
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE registry.answered_request SET answered_at = now() - interval '25 hours'"
        )
    assert (await accept(provider, task, **same)).status_code == 412
