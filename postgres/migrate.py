"""Forward migrations: numbered SQL files, each applied once to a schema, in order."""

import hashlib
import random
import re
import time
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from postgres.error import PostgresError

# Whoever wants a table while a script waits for it waits too: a script gives up its place soon, and
# comes back when those before it are done.
LOCK_TIMEOUT = "1s"
PATIENCE_SECONDS = 300.0
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


@dataclass(frozen=True)
class Script:
    """One numbered SQL file."""

    name: str
    text: bytes

    @property
    def sha256(self) -> str:
        """The digest by which a change is noticed."""
        return hashlib.sha256(self.text).hexdigest()


def migrate(
    connection: psycopg.Connection[tuple[object, ...]], schema: str, scripts: Traversable | Path
) -> list[str]:
    """Apply the scripts `0001_name.sql` in the folder `scripts` that `schema` hasn't had yet.

    Each runs in a transaction of its own, with `schema` (made if absent) as the search path, and
    is recorded in SCHEMA.migration. Several processes may do this at once, and others may use the
    tables meanwhile. Returns the names of those applied now. Raises PostgresError when an applied
    script was changed, is missing or would come out of order, when one fails, or when a table it
    changes is not free for five minutes.
    """
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise PostgresError(f"migrate {schema}: the connection is inside a transaction; end it")
    wanted = _read_scripts(scripts)
    applied: list[str] = []
    while script := _apply_next_in_time(connection, schema, wanted):
        applied.append(script.name)
    return applied


def _read_scripts(folder: Traversable | Path) -> list[Script]:
    files = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    if wrong := sorted(file.name for file in files if not _NAME.fullmatch(file.name)):
        raise PostgresError(f"migration {wrong[0]} in {folder}: name it like 0001_some_name.sql")
    # A checkout may change the line ends; that isn't a change of the script.
    scripts = [Script(file.name, file.read_bytes().replace(b"\r\n", b"\n")) for file in files]
    scripts.sort(key=lambda script: script.name)
    for one, other in pairwise(scripts):
        if one.name[:4] == other.name[:4]:
            raise PostgresError(f"{one.name} and {other.name} in {folder} share a number")
    return scripts


def _apply_next_in_time(
    connection: psycopg.Connection[tuple[object, ...]], schema: str, wanted: list[Script]
) -> Script | None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return _apply_next(connection, schema, wanted)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            if time.monotonic() > until:
                raise PostgresError(
                    f"a migration of schema {schema} waited {PATIENCE_SECONDS:.0f} seconds for a "
                    "table that others use: end what holds it (pg_stat_activity), and start again"
                ) from error
        time.sleep(random.uniform(0.1, 1.0))  # noqa: S311 (spreads processes, guards nothing)


def _apply_next(
    connection: psycopg.Connection[tuple[object, ...]], schema: str, wanted: list[Script]
) -> Script | None:
    with connection.transaction():
        # For this transaction only: between two scripts another process may take over.
        lock = "SELECT pg_advisory_xact_lock(hashtext('migrate'), hashtext(%s))"
        connection.execute(lock, [schema])
        _prepare_schema(connection, schema)
        script = _next(schema, wanted, _read_applied(connection))
        if script is not None:
            connection.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
            _apply(connection, schema, script)
        return script


def _prepare_schema(connection: psycopg.Connection[tuple[object, ...]], schema: str) -> None:
    # Looked up first: CREATE ... IF NOT EXISTS asks for the right to create even if it needn't.
    name = sql.Identifier(schema)
    known = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema])
    if known.fetchone() is None:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
    connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(name))
    table = connection.execute("SELECT to_regclass('migration')").fetchone()
    if table == (None,):
        connection.execute(
            "CREATE TABLE migration (name text PRIMARY KEY, sha256 text NOT NULL, "
            "applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )


def _read_applied(connection: psycopg.Connection[tuple[object, ...]]) -> dict[str, str]:
    rows = connection.execute("SELECT name, sha256 FROM migration ORDER BY name")
    return {str(name): str(digest) for name, digest in rows}


def _next(schema: str, wanted: list[Script], applied: dict[str, str]) -> Script | None:
    """Return the first script to apply, after checking those applied already."""
    names = {script.name for script in wanted}
    if unknown := [name for name in applied if name not in names]:
        raise PostgresError(
            f"schema {schema} has had migration {unknown[0]}, which this release doesn't know: "
            "the database is newer than the program; install the newer release"
        )
    for script in wanted:
        if applied.get(script.name, script.sha256) != script.sha256:
            raise PostgresError(
                f"migration {script.name} of schema {schema} was changed after it was applied: "
                "restore it, and put the change into a new script"
            )
    pending = [script for script in wanted if script.name not in applied]
    if pending and applied and pending[0].name < (last := max(applied)):
        raise PostgresError(
            f"migration {pending[0].name} of schema {schema} comes before {last}, which is "
            "applied already: give it the next free number"
        )
    return pending[0] if pending else None


def _apply(connection: psycopg.Connection[tuple[object, ...]], schema: str, script: Script) -> None:
    try:
        connection.execute(script.text, prepare=False)
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
        raise
    except psycopg.Error as error:
        reason = error.diag.message_primary or str(error)
        raise PostgresError(
            f"migration {script.name} of schema {schema} failed and was undone: {reason}"
        ) from error
    record = sql.SQL("INSERT INTO {}.migration (name, sha256) VALUES (%s, %s)")
    connection.execute(record.format(sql.Identifier(schema)), [script.name, script.sha256])
