"""The registry's database: its schema brought up to date, its pool, its secret."""

from __future__ import annotations

import secrets
from importlib.resources import files

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from postgres.hosts import of_writer
from postgres.migrate import migrate
from registry.audit.query import Hashing
from registry.core.resource_ids import ResourceIds
from registry.store.pooled import Persistent, Rested
from registry.store.reader import WRITER
from registry.store.transaction import Connection, Pool

SCHEMA = "registry"
# A read waits no longer for a connection to a standby: the primary answers instead.
STANDBY_SECONDS = 1.0
# Nothing is compiled: where plans avoid reading whole tables, servers before 18 take one that
# has to for so costly that it would be.
_OPTIONS = f"-c search_path={SCHEMA} -c jit=off"
# A plan that is made once, while there are few rows, must be right for many: by their indexes.
_BY_KEY = " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off"


def prepare(database: str) -> None:
    """Takes a connection string; brings the registry's schema up to date. Several processes may
    do this at once."""
    with psycopg.connect(of_writer(database)) as connection:
        connection.commit()
        migrate(connection, SCHEMA, files("registry") / "schema")


def connect(database: str) -> psycopg.Connection[TupleRow]:
    """Takes a connection string; returns a connection to the registry's schema."""
    return psycopg.connect(of_writer(database), options=_OPTIONS)


def pool(
    database: str,
    size: int,
    role: str | None = None,
    *,
    by_key: bool = False,
    is_autocommit: bool = False,
) -> Pool:
    """Takes a connection string, a size and the database role to work as (None: that of the
    connection string, as administrators do); returns a pool, not yet open. `by_key`: for work that
    reaches rows by their keys, so that its statements are planned once and not for each value.
    `is_autocommit`: each statement is a transaction but where one is begun."""
    rested = Rested()
    options = _OPTIONS if role is None else f"{_OPTIONS} -c role={role}"
    if by_key:
        options += _BY_KEY
    return AsyncConnectionPool(
        of_writer(database),
        min_size=2,
        max_size=size,
        open=False,
        kwargs={"options": options, "autocommit": is_autocommit},
        connection_class=Persistent,
        check=rested.check,
        reset=rested.given_back,
    )


def standby_pool(database: str, size: int) -> Pool:
    """As `pool`, to one server that only answers reads: connected where it is read from, and not
    tried again and again while it is away. Whether it is there is somebody else's to look at."""
    rested = Rested()
    return AsyncConnectionPool(
        of_writer(database),
        min_size=0,
        max_size=size,
        open=False,
        timeout=STANDBY_SECONDS,
        reconnect_timeout=STANDBY_SECONDS,
        kwargs={"options": f"{_OPTIONS} -c role={WRITER}"},
        check=rested.check,
        reset=rested.given_back,
    )


async def agree_on_test_numbers(connection: Connection, allowed: bool | None) -> bool:
    """Takes whether NHS numbers of the test range identify people here, None to leave it as it
    was; returns whether they do. All processes on a database have to answer this alike."""
    if allowed is not None:
        await connection.execute(
            "INSERT INTO setting (name, value) VALUES ('allow-test-numbers', to_jsonb(%s::bool))"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (allowed,),
        )
    rows = await connection.execute(
        "SELECT value::bool FROM setting WHERE name = 'allow-test-numbers'"
    )
    row = await rows.fetchone()
    return row is not None and bool(row[0])


async def resource_ids(connection: Connection) -> ResourceIds:
    """Returns the maker of resource ids, with the database's secret for it."""
    return ResourceIds(await _secret(connection, "resource-ids"))


async def hashing(connection: Connection) -> Hashing:
    """Returns what hashes searched values for the audit record, with the database's secret for
    it."""
    return Hashing(await _secret(connection, "audit-values"))


async def export_secret(connection: Connection) -> bytes:
    """Returns the database's secret from which the pseudonyms of national exports are made."""
    return await _secret(connection, "export-pseudonyms")


async def subscription_secret(connection: Connection) -> bytes:
    """Returns the database's secret from which those of subscriptions are made."""
    return await _secret(connection, "subscriptions")


async def _secret(connection: Connection, name: str) -> bytes:
    """The secret of that name, which the first process to ask made."""
    await connection.execute(
        "INSERT INTO secret (name, value) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (name, secrets.token_bytes(32)),
    )
    rows = await connection.execute("SELECT value FROM secret WHERE name = %s", (name,))
    row = await rows.fetchone()
    assert row is not None
    return bytes(row[0])
