"""`python -m benchmarks.export`: exports of ever more resources, made in a process of its own so
that its memory is seen, in turns with a bare `COPY ... TO STDOUT` of the same rows through the same
driver."""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import time
from statistics import median

import orjson
import psycopg

from benchmarks.export.people import BOARD, copies
from benchmarks.temporary_server import temporary_database
from registry import database
from registry.access.roles import Role
from registry.audit.recorder import Recorder
from registry.export import jobs
from registry.export.exporter import CONNECTIONS, Exporter, Recording
from registry.export.job import Wanted
from registry.export.selection import of_role
from registry.store.reader import WRITER

SETTLING = 1
ROLES: tuple[Role, ...] = ("icb", "gp", "national")


def main() -> int:
    """Measures, and prints a table; returns the exit code."""
    chosen = _arguments()
    if chosen.child:
        print(orjson.dumps(asyncio.run(_child(chosen.child, chosen.role))).decode())
        return 0
    print("| role | resources | resources/s (least–most) | times a bare COPY | peak memory, MiB |")
    print("| --- | --- | --- | --- | --- |")
    for size in chosen.sizes:
        with temporary_database("measured") as url:
            database.prepare(url)
            asyncio.run(copies(url, size))
            for role in ROLES:
                _turns(url, role, chosen.rounds)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.export", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count; default 5")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[10_000, 100_000], help="resources held"
    )
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--role", help=argparse.SUPPRESS)
    return parser.parse_args()


def _turns(url: str, role: Role, rounds: int) -> None:
    """An export and a COPY in every round, so that a busy machine is as busy for both."""
    rates: list[float] = []
    ratios: list[float] = []
    peaks: list[float] = []
    written = 0
    for number in range(rounds + SETTLING):
        words = [sys.executable, "-m", "benchmarks.export", "--child", url, "--role", role]
        said = orjson.loads(subprocess.run(words, capture_output=True, check=True).stdout)
        bare = _copied(url, role)
        if number >= SETTLING:
            written = said["written"]
            rates.append(written / said["seconds"])
            ratios.append(said["seconds"] / bare)
            peaks.append(said["peak"])
    spread = f"{median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"
    print(f"| {role} | {written:,} | {spread} | {median(ratios):.1f} | {max(peaks):.0f} |")


def _copied(url: str, role: Role) -> float:
    """The seconds that it takes to read the same rows and do nothing with them."""
    types = ",".join(f"'{name}'" for name in of_role(role))
    statement = (
        "COPY (SELECT content FROM registry.resource WHERE type IN"
        f" ({types}) AND audience IS NULL) TO STDOUT"
    )
    began = time.perf_counter()
    with (
        psycopg.connect(url) as connection,
        connection.cursor() as cursor,
        cursor.copy(statement.encode()) as copy,
    ):
        for _ in copy:
            pass
    return time.perf_counter() - began


async def _child(url: str, role: Role) -> dict[str, float]:
    """One export, in a process that does nothing else."""
    async with (
        database.pool(url, CONNECTIONS, WRITER) as pool,
        database.pool(url, CONNECTIONS, WRITER) as records,
    ):
        organisation = None if role == "national" else BOARD
        wanted = Wanted("benchmark", organisation, role, None, "", of_role(role))
        exporter = Exporter(pool, b"benchmark", Recording("http://x.example", Recorder(records)))
        async with pool.connection() as connection:
            job_id = await jobs.add(connection, wanted)
        began = time.perf_counter()
        await exporter.make_all()
        seconds = time.perf_counter() - began
        async with pool.connection() as connection:
            rows = await connection.execute(
                "SELECT written FROM export_job WHERE id = %s AND finished_at IS NOT NULL",
                (job_id,),
            )
            row = await rows.fetchone()
            assert row is not None, "the export was not made"
            await jobs.remove(connection, job_id)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"written": row[0], "seconds": seconds, "peak": peak}


if __name__ == "__main__":
    sys.exit(main())
