"""A client's marks: written with what they stand for, and gone when everybody has seen them."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from registry import database
from registry.audit import storing
from registry.replicas.marks import Expectations, Forgetting
from registry.store.reader import WRITER
from registry.store.transaction import Pool

MARKED = "SELECT client FROM client_mark ORDER BY client"


async def mark(pool: Pool, *clients: str) -> None:
    async with pool.connection() as connection:
        await storing.add(connection, [], clients)


async def marked(pool: Pool) -> list[str]:
    async with pool.connection() as connection:
        return [row[0] for row in await (await connection.execute(MARKED)).fetchall()]


async def test_a_mark_comes_and_goes_with_its_transaction(database_url: str) -> None:
    async with database.pool(database_url, 4, WRITER) as pool:
        expectations = Expectations(pool)
        with pytest.raises(ZeroDivisionError):
            async with pool.connection() as connection:
                await storing.add(connection, [], ["a"])
                raise ZeroDivisionError
        assert await expectations.of("a") == []
        async with pool.connection() as connection:
            await storing.add(connection, [], ["a"])
            await storing.add(connection, [], ["a", "a"])
            assert await expectations.of("a") == []
        await mark(pool, "a", "b")
        found = await asyncio.gather(*(expectations.of(client) for client in ("a", "b", "a", "c")))
        assert [len(one) for one in found] == [2, 1, 2, 0]


async def test_a_question_that_fails_fails_for_those_who_asked(database_url: str) -> None:
    pool = database.pool(database_url, 2, WRITER)
    expectations = Expectations(pool)
    asked = [expectations.of(client) for client in ("a", "b")]
    # The pool is not open.
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(one, psycopg.OperationalError) for one in results)
    async with pool:
        assert await expectations.of("a") == []


async def test_marks_go_at_the_second_turn_and_not_while_they_are_being_written(
    database_url: str,
) -> None:
    async with database.pool(database_url, 4, WRITER) as pool:
        forgetting = Forgetting(pool)
        await mark(pool, "before")
        async with pool.connection() as slow:
            await storing.add(slow, [], ["slow"])
            await forgetting.turn()
            await mark(pool, "after")
            assert await marked(pool) == ["after", "before"]
            await forgetting.turn()
        # It was committed after the turn that looked.
        assert await marked(pool) == ["after", "slow"]
        await forgetting.turn()
        assert await marked(pool) == ["slow"]
        await forgetting.turn()
        assert await marked(pool) == []
