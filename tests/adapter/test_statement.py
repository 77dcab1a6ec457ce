"""A statement straight through libpq: what it is given is what is stored, and errors are errors."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.database import connect
from adapter.statement import BYTEA, TEXT, Statement

_ADD = """
    INSERT INTO kept (word, raw)
    SELECT word, raw FROM unnest($1::text[], $2::bytea[]) AS new (word, raw)
"""
_words = st.one_of(
    st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
)


def kept(database: str) -> list[tuple[str | None, bytes]]:
    with psycopg.connect(database) as connection:
        query = "SELECT word, raw FROM kept ORDER BY id"
        return [(word, bytes(raw)) for word, raw in connection.execute(query)]


@pytest.fixture
def table(database: str) -> str:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE kept (id bigint GENERATED ALWAYS AS IDENTITY, word text, raw bytea)"
        )
    return database


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(_words, st.binary()), max_size=20))
def test_what_is_given_is_kept(table: str, rows: list[tuple[str | None, bytes]]) -> None:
    async def store() -> None:
        async with await connect(table, "test") as connection:
            await connection.execute("TRUNCATE kept")
            add = Statement(connection, "add", _ADD, [TEXT, BYTEA])
            await add.run([[word for word, _ in rows], [raw for _, raw in rows]])

    asyncio.run(store())
    assert kept(table) == rows


async def test_more_than_a_socket_takes_at_once(table: str) -> None:
    raw = bytes(range(256)) * 4096
    async with await connect(table, "test") as connection:
        add = Statement(connection, "add", _ADD, [TEXT, BYTEA])
        await add.run([["big"] * 16, [raw] * 16])
        await add.run([["small"], [b"x"]])
    assert kept(table) == [("big", raw)] * 16 + [("small", b"x")]


@pytest.mark.parametrize("word", ["a\0b", "\ud800"])
async def test_a_value_that_is_not_taken_is_an_error_of_data_and_the_next_is_stored(
    table: str, word: str
) -> None:
    async with await connect(table, "test") as connection:
        add = Statement(connection, "add", _ADD, [TEXT, BYTEA])
        with pytest.raises(psycopg.DataError):
            await add.run([["good", word], [b"", b""]])
        await add.run([["good"], [b""]])
    assert kept(table) == [("good", b"")]


async def test_a_statement_that_cannot_be_prepared_says_so(table: str) -> None:
    async with await connect(table, "test") as connection:
        wrong = Statement(connection, "wrong", "INSERT INTO nowhere VALUES ($1::text[])", [TEXT])
        for _ in range(2):
            with pytest.raises(psycopg.errors.UndefinedTable):
                await wrong.run([["a"]])


async def test_a_connection_that_is_lost_is_an_operational_error(table: str) -> None:
    async with await connect(table, "test") as connection:
        add = Statement(connection, "add", _ADD, [TEXT, BYTEA])
        await add.run([["before"], [b""]])
        with psycopg.connect(table, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])
        for _ in range(2):
            with pytest.raises(psycopg.OperationalError):
                await add.run([["lost"], [b""]])
    assert kept(table) == [("before", b"")]


async def test_psycopg_can_go_on_with_the_connection(table: str) -> None:
    async with await connect(table, "test") as connection:
        add = Statement(connection, "add", _ADD, [TEXT, BYTEA])
        for number in range(3):
            await add.run([[str(number)], [b""]])
            counted = await (await connection.execute("SELECT count(*) FROM kept")).fetchone()
            assert counted == (number + 1,)
