"""Exports as rows: jobs, their files and parts. Any registry process may take a job up, and serve
what came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from registry.access.caller import Caller
from registry.export.job import File, Job, Wanted
from registry.store.transaction import Connection, Pool

# Files are kept so long; an export that is not done by then is given up.
KEPT = timedelta(hours=24)
# So many that are not done one client may have.
AT_ONCE = 10
# A job that so many processes began and none finished has a fault of its own.
ATTEMPTS = 5

_COLUMNS = (
    "j.id, j.client, j.organisation, j.role, j.network, j.request, j.types, j.since, j.of_group,"
    " j.notes, j.expires_at, j.attempt, j.transaction_time, j.expected, j.written, j.finished_at,"
    " j.failed"
)
_INSERT = """
    INSERT INTO export_job (id, client, organisation, role, network, request, types, since,
        of_group, notes, expires_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now() + %s)
"""
_CLAIM = f"""
    UPDATE export_job AS j
    SET attempt = attempt + 1, transaction_time = %s, expected = NULL, written = 0
    WHERE id = %s AND finished_at IS NULL AND failed IS NULL
    RETURNING {_COLUMNS}
"""
# Only while this attempt is the newest, and nobody cancelled it.
_LIVE = "SELECT FROM export_job WHERE id = %(job)s AND attempt = %(attempt)s FOR KEY SHARE"
_PART = f"""
    WITH live AS ({_LIVE})
    INSERT INTO export_part (job, file, number, content)
    SELECT %(job)s, %(file)s, %(number)s, %(content)b FROM live
"""
_PEOPLE = f"""
    WITH live AS ({_LIVE})
    INSERT INTO export_person (job, person)
    SELECT %(job)s, person FROM live, unnest(%(people)b::text[]) AS person
    ON CONFLICT DO NOTHING
"""
_FILE = f"""
    WITH live AS ({_LIVE})
    INSERT INTO export_file (job, number, kind, type, resources, parts, size, packed)
    SELECT %(job)s, %(number)s, %(kind)s, %(type)s, %(resources)s, %(parts)s, %(size)s, %(packed)s
    FROM live
"""
_AS_CLIENT = "SELECT set_config('app.client', %s, true)"


class Superseded(Exception):
    """The export was cancelled, or another process has taken it up."""


async def add(connection: Connection, wanted: Wanted) -> str:
    """Takes an export as wanted; returns the id under which it waits to be made."""
    job_id = uuid4().hex
    await connection.execute(
        _INSERT,
        (
            job_id,
            wanted.client,
            wanted.organisation,
            wanted.role,
            wanted.network,
            wanted.request,
            list(wanted.types),
            wanted.since,
            wanted.of_group,
            list(wanted.notes),
            KEPT,
        ),
    )
    return job_id


async def has_room(connection: Connection, client: str, organisation: str | None) -> bool:
    """Takes a client and whom it acts for; True where it may have one more made. The console acts
    for many, and none of them waits for another."""
    rows = await connection.execute(
        "SELECT count(*) < %s FROM export_job"
        " WHERE client = %s AND organisation IS NOT DISTINCT FROM %s"
        " AND finished_at IS NULL AND failed IS NULL AND expires_at > now()",
        (AT_ONCE, client, organisation),
    )
    row = await rows.fetchone()
    assert row is not None
    return bool(row[0])


async def of_caller(connection: Connection, job_id: str, caller: Caller) -> Job | None:
    """Takes an id and who asks; returns the export, None where it is not there, has expired or is
    somebody else's: nobody can tell which. Works for the reader's role, whose rows are those of
    `as_client`."""
    await connection.execute(_AS_CLIENT, (caller.client_id,))
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM export_job AS j WHERE id = %s AND expires_at > now()", (job_id,)
    )
    row = await rows.fetchone()
    job = None if row is None else _job(row)
    return job if job is not None and job.wanted.is_of(caller) else None


async def of_group(connection: Connection, caller: Caller, group: str) -> list[Job]:
    """Takes who asks and a Group; returns the exports of it that they asked for and that have not
    expired, the newest first. Works for the reader's role, as `of_caller`."""
    await connection.execute(_AS_CLIENT, (caller.client_id,))
    rows = await connection.execute(
        f"SELECT {_COLUMNS} FROM export_job AS j"
        " WHERE client = %s AND of_group = %s AND expires_at > now() ORDER BY created_at DESC, id",
        (caller.client_id, group),
    )
    found = [_job(row) for row in await rows.fetchall()]
    return [job for job in found if job.wanted.is_of(caller)]


async def files(connection: Connection, job_id: str) -> list[File]:
    """Takes an export; returns its files in order."""
    rows = await connection.execute(
        "SELECT number, kind, type, resources, parts, size, packed FROM export_file"
        " WHERE job = %s ORDER BY number",
        (job_id,),
    )
    return [File(*row) for row in await rows.fetchall()]


async def parts(pool: Pool, job_id: str, file: File) -> AsyncIterator[bytes]:
    """Takes an export and a file; gives the parts of its gzip stream. No connection is held while
    the client takes its time. Superseded: it was cancelled meanwhile, or expired."""
    for number in range(1, file.parts + 1):
        async with pool.connection() as connection:
            rows = await connection.execute(
                "SELECT content FROM export_part WHERE job = %s AND file = %s AND number = %s",
                (job_id, file.number, number),
                binary=True,
            )
            row = await rows.fetchone()
        if row is None:
            raise Superseded
        yield bytes(row[0])


async def remove(connection: Connection, job_id: str) -> None:
    """Takes an export; removes it with its files, whether or not it is done."""
    await connection.execute("DELETE FROM export_job WHERE id = %s", (job_id,))


async def remove_of_group(connection: Connection, group: str) -> None:
    """Takes a Group; removes all exports of it: it is no longer agreed."""
    await connection.execute("DELETE FROM export_job WHERE of_group = %s", (group,))


async def remove_expired(connection: Connection) -> None:
    """Removes the exports that have expired."""
    await connection.execute("DELETE FROM export_job WHERE expires_at <= now()")


async def waiting(connection: Connection) -> list[str]:
    """Returns the exports that are not done, those asked for first coming first."""
    rows = await connection.execute(
        "SELECT id FROM export_job WHERE finished_at IS NULL AND failed IS NULL"
        " AND expires_at > now() ORDER BY created_at LIMIT 100"
    )
    return [row[0] for row in await rows.fetchall()]


async def moment(connection: Connection) -> datetime:
    """Returns the instant from which an export has to go on that follows one whose snapshot is
    taken after this."""
    rows = await connection.execute("SELECT export_moment()")
    row = await rows.fetchone()
    assert row is not None
    return row[0]


async def claim(connection: Connection, job_id: str, at: datetime) -> Job | None:
    """Takes an export, whose lock the caller holds, and its transaction time; returns it to be made
    from the beginning, None where it is done or gone. What an earlier attempt left is removed."""
    rows = await connection.execute(_CLAIM, (at, job_id))
    row = await rows.fetchone()
    if row is None:
        return None
    for table in ("export_part", "export_file", "export_person"):
        await connection.execute(f"DELETE FROM {table} WHERE job = %s".encode(), (job_id,))
    return _job(row)


class Making:
    """One attempt to make an export: what it writes, each in a transaction of its own. Superseded
    where it is no longer the one that counts."""

    def __init__(self, pool: Pool, job: Job) -> None:
        self._pool = pool
        self._of = {"job": job.id, "attempt": job.attempt}

    async def part(self, file: int, number: int, content: bytes, people: Sequence[str]) -> None:
        """Takes a file's number, a part of it, and whom it is about; keeps them."""
        async with self._pool.connection() as connection:
            values = {**self._of, "file": file, "number": number, "content": content}
            await self._kept(connection, _PART, values)
            if people:
                await connection.execute(_PEOPLE, {**self._of, "people": list(people)})

    async def file(self, file: File) -> None:
        """Takes a file that is whole; keeps it."""
        values = {name: getattr(file, name) for name in File.__slots__}
        async with self._pool.connection() as connection:
            await self._kept(connection, _FILE, {**self._of, **values})

    async def expects(self, resources: int) -> None:
        """Takes how many resources there will be; has clients know."""
        await self._set("expected = %(value)s", resources)

    async def reached(self, resources: int) -> None:
        """Takes how many resources are written; has clients know."""
        await self._set("written = %(value)s", resources)

    async def finish(self, connection: Connection, written: int) -> None:
        """Takes how many resources were written; in the transaction of the connection, has the
        export be done."""
        await self._kept(
            connection,
            "UPDATE export_job SET finished_at = now(), written = %(value)s"
            " WHERE id = %(job)s AND attempt = %(attempt)s",
            {**self._of, "value": written},
        )
        await connection.execute("DELETE FROM export_person WHERE job = %(job)s", self._of)

    async def people_after(self, last: str, count: int) -> list[str]:
        """Takes the id of a person and a number; returns so many of those it is about who come
        next."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT person FROM export_person WHERE job = %s AND person > %s"
                " ORDER BY person LIMIT %s",
                (self._of["job"], last, count),
            )
            return [row[0] for row in await rows.fetchall()]

    async def _set(self, what: str, value: int) -> None:
        async with self._pool.connection() as connection:
            statement = f"UPDATE export_job SET {what} WHERE id = %(job)s AND attempt = %(attempt)s"
            await self._kept(connection, statement, {**self._of, "value": value})

    async def _kept(
        self, connection: Connection, statement: str, values: Mapping[str, object]
    ) -> None:
        done = await connection.execute(statement.encode(), values)
        if done.rowcount == 0:
            raise Superseded


async def give_up(connection: Connection, job_id: str, why: str) -> None:
    """Takes an export and why it can't be made; has its client learn of it."""
    await connection.execute(
        "UPDATE export_job SET failed = %s WHERE id = %s AND finished_at IS NULL", (why, job_id)
    )


def _job(row: tuple[Any, ...]) -> Job:
    (
        job_id, client, organisation, role, network, request, types, since, of_group, notes,
        expires_at, *rest,
    ) = row  # fmt: skip
    wanted = Wanted(
        client,
        organisation,
        role,
        network,
        request,
        tuple(types),
        since,
        of_group,
        tuple(notes),
    )
    return Job(job_id, wanted, expires_at, *rest)
