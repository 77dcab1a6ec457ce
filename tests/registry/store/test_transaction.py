"""A server that goes away in the middle: what is not committed runs again; what may be committed
runs again only where that does no harm."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import OperationalError
from psycopg.errors import QueryCanceled

from registry.store.transaction import Connection, transact
from tests.registry.store.conftest import Store

ADD = "INSERT INTO setting (name, value) VALUES ('seen', '1') ON CONFLICT (name)" \
      " DO UPDATE SET value = to_jsonb(setting.value::int + 1)"  # fmt: skip
# Ends the session at the moment of the commit, once: after that the marker is there.
DIES_AT_COMMIT = """
    CREATE TABLE dying (done boolean);
    CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_terminate_backend(pg_backend_pid());
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON dying
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die();
"""


def end_session(url: str, pid: int) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


async def test_what_was_lost_before_the_commit_runs_again(store: Store) -> None:
    runs = 0

    async def work(connection: Connection) -> int:
        nonlocal runs
        runs += 1
        await connection.execute(ADD)
        if runs == 1:
            end_session(store.url, connection.info.backend_pid)
        await connection.execute("SELECT 1")
        return runs

    assert await transact(store.pool, work) == 2
    assert store.execute("SELECT value FROM setting WHERE name = 'seen'") == [(1,)]


@pytest.mark.parametrize("is_repeatable", [True, False])
async def test_an_unknown_commit_runs_again_only_where_that_does_no_harm(
    store: Store, is_repeatable: bool
) -> None:
    store.execute(DIES_AT_COMMIT)
    runs = 0

    async def work(connection: Connection) -> int:
        nonlocal runs
        runs += 1
        if runs == 1:
            await connection.execute("INSERT INTO dying VALUES (true)")
        return runs

    if is_repeatable:
        assert await transact(store.pool, work, is_repeatable=True) == 2
    else:
        with pytest.raises(OperationalError):
            await transact(store.pool, work)
        assert runs == 1


async def test_the_error_of_a_server_that_is_there_is_the_answer(store: Store) -> None:
    runs = 0

    async def work(connection: Connection) -> None:
        nonlocal runs
        runs += 1
        await connection.execute("SET LOCAL statement_timeout = 10")
        await connection.execute("SELECT pg_sleep(10)")

    with pytest.raises(QueryCanceled):
        await transact(store.pool, work)
    assert runs == 1
