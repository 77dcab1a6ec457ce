"""Exports are made by whichever process is there: once, of one moment, and anew after a kill."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
from datetime import date

import orjson
import psycopg
import pytest

from registry import database
from registry.audit.recorder import Recorder
from registry.export import jobs
from registry.export.exporter import Exporter, Recording
from registry.export.job import File, Wanted
from registry.export.jobs import Making, Superseded
from registry.export.reading import Snapshot
from registry.store.reader import WRITER
from registry.store.transaction import Pool
from tests.registry.core.stating import OTHER_NUMBER, T1, Sender
from tests.registry.store.conftest import Store, store

__all__ = ["store"]
WANTED = Wanted(
    "client", T1, "provider", None, "http://r.example/fhir/$export", ("Patient", "Task")
)
PATIENCE = 60.0
WRITTEN = "SELECT count(*) > 0 FROM export_part"
LOCKED = "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'"
PROCESS = """
import asyncio, sys
from registry import database
from registry.audit.recorder import Recorder
from registry.export.exporter import Exporter, Recording
from registry.export.jobs import Making
from registry.store.reader import WRITER

async def stall(*_):
    await asyncio.Event().wait()

async def main():
    # Killed with a part written, and the file not.
    Making.file = stall
    async with database.pool(sys.argv[1], 2, WRITER) as pool:
        recording = Recording("http://r.example/fhir", Recorder(pool))
        await Exporter(pool, b"secret", recording).make_all()

asyncio.run(main())
"""


@pytest.fixture
async def one_death(store: Store) -> Store:
    await dies(store, Sender(T1))
    return store


async def dies(store: Store, sender: Sender) -> None:
    await store.tell(
        sender.admits("2026-01-05"),
        sender.discharges("2026-01-10", method="4", died="2026-01-10"),
    )


async def asked(store: Store, wanted: Wanted = WANTED) -> str:
    async with store.pool.connection() as connection:
        return await jobs.add(connection, wanted)


def exporter(pool: Pool) -> Exporter:
    return Exporter(pool, b"secret", Recording("http://r.example/fhir", Recorder(pool)))


async def make_all(store: Store) -> None:
    async with database.pool(store.url, 2, WRITER) as pool:
        await exporter(pool).make_all()


def state(store: Store, job_id: str) -> tuple[int, bool, str | None]:
    (row,) = store.execute(
        "SELECT attempt, finished_at IS NOT NULL, failed FROM export_job WHERE id = %s", (job_id,)
    )
    return row[0], row[1], row[2]


async def lines(store: Store, job_id: str) -> list[str]:
    """The types of the resources in the files."""
    async with store.pool.connection() as connection:
        files = await jobs.files(connection, job_id)
    found: list[str] = []
    for file in files:
        packed = b"".join([part async for part in jobs.parts(store.pool, job_id, file)])
        assert (len(packed), len(gzip.decompress(packed))) == (file.packed, file.size)
        found += [orjson.loads(x)["resourceType"] for x in gzip.decompress(packed).splitlines()]
    return found


async def test_each_is_made_once_by_several_at_once(one_death: Store) -> None:
    ids = [await asked(one_death) for _ in range(6)]
    async with (
        database.pool(one_death.url, 2, WRITER) as first,
        database.pool(one_death.url, 2, WRITER) as second,
    ):
        await asyncio.gather(exporter(first).make_all(), exporter(second).make_all())
    assert [state(one_death, one) for one in ids] == [(1, True, None)] * 6
    assert await lines(one_death, ids[0]) == ["Patient", "Task"]


async def test_a_process_that_is_killed_leaves_it_to_the_next(one_death: Store) -> None:
    job_id = await asked(one_death)
    process = subprocess.Popen([sys.executable, "-c", PROCESS, one_death.url])
    try:
        await until(one_death, WRITTEN)
        # Somebody is at it: nobody else takes it up.
        await make_all(one_death)
        assert state(one_death, job_id) == (1, False, None)
    finally:
        process.kill()
        process.wait(PATIENCE)
    await until(one_death, LOCKED)
    await make_all(one_death)
    assert state(one_death, job_id) == (2, True, None)
    assert await lines(one_death, job_id) == ["Patient", "Task"]


async def until(store: Store, query: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while store.execute(query, ()) != [(True,)]:
            await asyncio.sleep(0.05)  # another process is working


async def test_what_an_earlier_attempt_still_writes_is_refused(one_death: Store) -> None:
    job_id = await asked(one_death)
    async with one_death.pool.connection() as connection:
        at = await jobs.moment(connection)
        first = await jobs.claim(connection, job_id, at)
        second = await jobs.claim(connection, job_id, at)
    assert first is not None
    assert second is not None
    late, current = Making(one_death.pool, first), Making(one_death.pool, second)
    file = File(1, "output", "Task", 1, 1, 1, 1)
    for attempt in (late.part(1, 1, b"x", ["p"]), late.file(file), late.expects(1)):
        with pytest.raises(Superseded):
            await attempt
    await current.part(1, 1, b"x", ["p"])
    await current.file(file)
    async with one_death.pool.connection() as connection:
        await jobs.remove(connection, job_id)
    with pytest.raises(Superseded):
        await current.reached(1)


async def test_it_is_of_one_moment(one_death: Store) -> None:
    async with one_death.pool.connection() as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = Snapshot(connection, WANTED, date(2026, 11, 21))
        await snapshot.prepare()
        expected = await snapshot.count()
        patients = [row async for rows in snapshot.rows("Patient") for row in rows]
        await dies(one_death, Sender(T1, (OTHER_NUMBER,)))
        tasks = [row async for rows in snapshot.rows("Task") for row in rows]
    assert [len(patients), len(tasks), expected] == [1, 1, 2]
    assert len(await one_death.all("Task", T1)) == 2


async def test_the_next_goes_on_from_before_what_is_being_written(one_death: Store) -> None:
    writing = psycopg.connect(one_death.url, options="-c search_path=registry")
    row = writing.execute("SELECT now()").fetchone()
    assert row is not None
    began = row[0]
    writing.execute("CREATE TEMPORARY TABLE written (at timestamptz)")
    async with one_death.pool.connection() as connection:
        assert await jobs.moment(connection) <= began
    writing.commit()
    async with one_death.pool.connection() as connection:
        assert await jobs.moment(connection) > began
    writing.close()


async def test_what_cannot_be_made_is_given_up(one_death: Store) -> None:
    job_id = await asked(one_death, Wanted("client", T1, "provider", None, "", ("Dragon",)))
    other = await asked(one_death)
    await make_all(one_death)
    attempt, is_done, failed = state(one_death, job_id)
    assert (attempt, is_done) == (1, False)
    assert failed is not None
    assert state(one_death, other) == (1, True, None)


async def test_a_file_has_so_many_resources_at_most(
    one_death: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await dies(one_death, Sender(T1, (OTHER_NUMBER,)))
    monkeypatch.setattr("registry.export.making.FILE_RESOURCES", 1)
    monkeypatch.setattr("registry.export.reading.ROWS", 1)
    monkeypatch.setattr("registry.export.making.TEXT_BYTES", 1)
    monkeypatch.setattr("registry.export.packing.PART_BYTES", 1)
    job_id = await asked(one_death)
    await make_all(one_death)
    async with one_death.pool.connection() as connection:
        files = await jobs.files(connection, job_id)
    assert [(f.number, f.type, f.resources) for f in files] == [
        (1, "Patient", 1),
        (2, "Patient", 1),
        (3, "Task", 1),
        (4, "Task", 1),
    ]
    assert all(f.parts > 1 for f in files)
    assert await lines(one_death, job_id) == ["Patient", "Patient", "Task", "Task"]
