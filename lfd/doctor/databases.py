"""The database of a process: reachable, new enough, with our schema and roles, durable, in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import psycopg

from lfd.doctor.clocks import skew
from lfd.doctor.disks import space
from lfd.doctor.finding import Finding, fail, ok, warn

OLDEST, TESTED = 16, 18
"""PostgreSQL's major versions: since the oldest that will do, it can be asked whether a user may
work as a role."""
ROLES = ("lfd_registry", "lfd_registry_writer")
SECONDS = 5
_FULL = 0.8
_Connection = psycopg.Connection[tuple[Any, ...]]


def examine(database: str, command: str, schemas: Sequence[str] = ()) -> Iterator[Finding]:
    """Takes a connection string, the command whose database it is (as `registry`), and the schemas
    that it keeps there (none: that of its own name); gives what was found. Reads only."""
    kept = schemas or (command,)
    try:
        connection = psycopg.connect(
            database, autocommit=True, connect_timeout=SECONDS, application_name="lfd doctor"
        )
    except psycopg.Error as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        advice = "Look at --database (host, name, user), the password file, pg_hba.conf, firewalls"
        yield fail("database", f"it cannot be reached: {said}", advice)
        return
    with connection:
        try:
            yield _version(connection)
            for schema in kept:
                yield _schema(connection, schema, command)
            if "registry" in kept:
                yield from _roles(connection, command)
            yield from _durability(connection)
            yield _connections(connection)
            yield _clock(connection)
            yield from _disk(connection)
        except psycopg.Error as error:
            said = error.diag.message_primary or type(error).__name__
            yield fail("database", f"it did not answer a question: {said}", "Look at its log")


def _one(connection: _Connection, query: str, *values: object) -> Any:
    row = connection.execute(query.encode(), values).fetchone()
    return None if row is None else row[0]


def _version(connection: _Connection) -> Finding:
    number = connection.info.server_version
    major, said = number // 10_000, f"PostgreSQL {number // 10_000}.{number % 10_000} answers"
    if major < OLDEST:
        return fail("database", said, f"Install PostgreSQL {TESTED}; {OLDEST} is the oldest to do")
    if major != TESTED:
        return warn("database", said, f"PostgreSQL {TESTED} is what is tested")
    return ok("database", said)


def _schema(connection: _Connection, schema: str, command: str) -> Finding:
    check = "schema" if schema == command else f"schema {schema}"
    ours = {one.name for one in (files(schema) / "schema").iterdir() if one.name.endswith(".sql")}
    if _one(connection, "SELECT to_regclass(%s)::text", f"{schema}.migration") is None:
        if not _one(connection, "SELECT has_database_privilege(current_database(), 'CREATE')"):
            advice = f"GRANT CREATE ON DATABASE to this user, or make the schema {schema} for it"
            return fail(check, f"{schema} is missing, and this user may not make it", advice)
        return warn(check, f"{schema} is not there yet", f"`lfd {command}` makes it when it starts")
    query = f"SELECT coalesce(array_agg(name), '{{}}') FROM {schema}.migration"
    applied = set(_one(connection, query))
    if unknown := sorted(applied - ours):
        advice = "Install the newer release: old programs do not start on new data"
        return fail(check, f"{schema} has had {unknown[-1]}, which is not of this one", advice)
    if missing := sorted(ours - applied):
        found = f"{schema} has not had {len(missing)} of our scripts, first {missing[0]}"
        return warn(check, found, f"`lfd {command}` brings it up to date when it starts")
    return ok(check, f"{schema} is up to date ({max(ours).removesuffix('.sql')})")


def _roles(connection: _Connection, command: str) -> Iterator[Finding]:
    user = connection.info.user
    there: list[str] = _one(
        connection,
        "SELECT coalesce(array_agg(rolname), '{}') FROM pg_roles WHERE rolname = ANY(%s)",
        list(ROLES),
    )
    both = " and ".join(ROLES)
    if missing := [role for role in ROLES if role not in there]:
        can = _one(connection, "SELECT rolsuper OR rolcreaterole FROM pg_roles"
                   " WHERE rolname = current_user")  # fmt: skip
        found = f"{' and '.join(missing)} missing"
        if can:
            yield warn("roles", found, f"`lfd {command}` makes them when it first starts")
        else:
            advice = (
                f"As an administrator: CREATE ROLE ... NOLOGIN for each; GRANT {both} TO {user}"
            )
            yield fail("roles", found, advice)
    elif not all(
        _one(connection, "SELECT pg_has_role(current_user, %s, 'SET')", role) for role in ROLES
    ):
        advice = f"As an administrator: GRANT {', '.join(ROLES)} TO {user}"
        yield fail("roles", f"{user} may not work as {both}", advice)
    else:
        yield ok("roles", f"{user} may work as {both}")
    if _one(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        advice = "Give the registry a user of its own that is none (docs/operate.md)"
        yield warn("roles", f"{user} is a superuser, whom no policy holds back", advice)


def _durability(connection: _Connection) -> Iterator[Finding]:
    off = [
        name
        for name in ("fsync", "full_page_writes", "synchronous_commit")
        if _one(connection, "SELECT current_setting(%s)", name) == "off"
    ]
    if off:
        advice = "Set them on: what is acknowledged must be on disk"
        yield fail("durability", f"{', '.join(off)} off", advice)
    else:
        yield ok("durability", "a commit is on disk before it is acknowledged")


def _connections(connection: _Connection) -> Finding:
    used = _one(connection, "SELECT count(*) FROM pg_stat_activity WHERE backend_type ="
                " 'client backend'")  # fmt: skip
    most = int(_one(connection, "SELECT current_setting('max_connections')"))
    found = f"{used} of {most} connections are in use"
    if used > most * _FULL:
        return warn("connections", found, "Raise max_connections, or look who holds them")
    return ok("connections", found)


def _clock(connection: _Connection) -> Finding:
    before = datetime.now(UTC)
    theirs = _one(connection, "SELECT clock_timestamp()")
    after = datetime.now(UTC)
    return skew("the database", theirs, before, after)


def _disk(connection: _Connection) -> Iterator[Finding]:
    """Where the database is on this machine and says where: its disk."""
    try:
        directory = _one(connection, "SELECT current_setting('data_directory')")
    except psycopg.errors.InsufficientPrivilege:
        return
    is_here = _one(connection, "SELECT inet_server_addr() IS NULL OR inet_server_addr() <<="
                   " ANY('{127.0.0.0/8,::1/128}'::inet[])")  # fmt: skip
    if is_here:
        yield from space("disk of the database", directory)
