"""Kills the primary again and again while messages come in and leads are accepted, and compares
what was promised with what is there.

    PG_BIN=… PATRONI=… .venv/bin/python -m tests.cluster.drill --processes 10 --nodes 10
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

from registry.background import ended
from tests.cluster.exchange import Exchange
from tests.cluster.nodes import Nodes
from tests.cluster.senders import TRUST, Ledger, Provider, accept_all, credentials, send

SENDERS = 4
ACCEPTORS = 4
STEADY_SECONDS = 4.0
# A registry on a busy machine takes minutes for what came in while there was no primary.
SETTLE_SECONDS = 900.0


@dataclass(frozen=True)
class Fault:
    """One kill, and how long nothing could be written."""

    kind: str
    without_acknowledgement: float
    to_first_lead: float


@dataclass
class Result:
    """What was promised, and what of it was not there."""

    ledger: Ledger
    faults: list[Fault] = field(default_factory=list[Fault])
    lost_messages: set[str] = field(default_factory=set[str])
    doubled_messages: set[str] = field(default_factory=set[str])
    lost_deaths: int = 0
    lost_leads: int = 0
    undelivered: int = 0


async def drill(directory: Path, kinds: Sequence[str]) -> Result:
    """Takes an empty directory and the kills to do (`process`, `node`), in order; returns what came
    of it."""
    nodes = Nodes(directory / "cluster")
    await asyncio.to_thread(nodes.start)
    os.environ["PGPASSFILE"] = str(nodes.password_file)
    databases = {name: nodes.url(name) for name in ("registry", "adapter")}
    registry = databases["registry"]
    exchange = Exchange(directory, registry, databases["adapter"], reads_from=registry)
    result = Result(Ledger())
    try:
        await asyncio.to_thread(exchange.start)
        await _under_load(nodes, exchange, result, kinds)
        await _settled(databases["adapter"], result)
        _compare(databases, result)
    finally:
        await asyncio.to_thread(exchange.stop)
        await asyncio.to_thread(nodes.stop)
    return result


async def _under_load(
    nodes: Nodes, exchange: Exchange, result: Result, kinds: Sequence[str]
) -> None:
    ledger, stop = result.ledger, asyncio.Event()
    async with httpx.AsyncClient(timeout=60) as http:
        provider = Provider(http, exchange.url, credentials("provider", exchange.key("provider")))
        tasks = [
            asyncio.create_task(send(exchange.mllp_port, n, ledger, stop)) for n in range(SENDERS)
        ]
        tasks += [
            asyncio.create_task(accept_all(provider, ledger, stop, n, ACCEPTORS))
            for n in range(ACCEPTORS)
        ]
        await asyncio.sleep(STEADY_SECONDS)
        for kind in kinds:
            result.faults.append(await _kill(nodes, ledger, kind))
            print(result.faults[-1], flush=True)
        await asyncio.sleep(STEADY_SECONDS)
        stop.set()
        async with asyncio.timeout(SETTLE_SECONDS):
            await asyncio.gather(*tasks)
        await ended(tasks)


async def _kill(nodes: Nodes, ledger: Ledger, kind: str) -> Fault:
    primary = await asyncio.to_thread(nodes.primary)
    await asyncio.to_thread(nodes.kill_process if kind == "process" else nodes.kill_node, primary)
    # After the kill: what was answered on the way there says nothing.
    instant = time.monotonic()
    async with asyncio.timeout(SETTLE_SECONDS):
        while not (
            any(at > instant + 1 for at in ledger.messages.values())
            and any(
                begun > instant and task in ledger.leads
                for task, begun in ledger.accepted_begun.items()
            )
        ):
            await asyncio.sleep(0.2)
        await asyncio.to_thread(nodes.mend, primary)
        await asyncio.sleep(STEADY_SECONDS)
    return Fault(kind, *ledger.back_after(instant))


async def _settled(adapter: str, result: Result) -> None:
    query = "SELECT count(*) FROM adapter.inbox WHERE state IN ('received', 'converted')"
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_SECONDS):
            while True:
                async with await psycopg.AsyncConnection.connect(adapter) as connection:
                    row = await (await connection.execute(query)).fetchone()
                assert row is not None
                result.undelivered = row[0]
                if not row[0]:
                    return
                await asyncio.sleep(0.5)


def _compare(databases: dict[str, str], result: Result) -> None:
    ledger = result.ledger
    with psycopg.connect(databases["adapter"]) as connection:
        rows = connection.execute(
            "SELECT control_id, count(*) FROM adapter.inbox GROUP BY control_id"
        ).fetchall()
    kept = {str(control_id): int(times) for control_id, times in rows}
    result.lost_messages = set(ledger.messages) - set(kept)
    result.doubled_messages = {one for one, times in kept.items() if times > 1}
    with psycopg.connect(databases["registry"], options="-c search_path=registry") as connection:
        numbers = connection.execute(
            "SELECT DISTINCT i->>'value' FROM resource AS p JOIN resource AS o USING (person),"
            " jsonb_array_elements(p.content::jsonb->'identifier') AS i"
            " WHERE p.type = 'Patient' AND o.type = 'Observation'"
        ).fetchall()
        leads = connection.execute(
            "SELECT id FROM resource WHERE type = 'Task' AND status = 'accepted' AND owner = %s",
            [TRUST],
        ).fetchall()
    result.lost_deaths = len(set(ledger.deaths) - {str(n) for (n,) in numbers})
    result.lost_leads = len(set(ledger.leads) - {str(i) for (i,) in leads})


def main() -> None:
    """Prints the table of docs/cluster.md."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--processes", type=int, default=1)
    told.add_argument("--nodes", type=int, default=1)
    chosen = told.parse_args()
    kinds = [*["process"] * chosen.processes, *["node"] * chosen.nodes]
    with tempfile.TemporaryDirectory(prefix="lfd-cluster-") as directory:
        Path(directory).chmod(0o711)
        result = asyncio.run(drill(Path(directory), kinds))
    for kind in sorted(set(kinds)):
        of_kind = [fault for fault in result.faults if fault.kind == kind]
        gaps = sorted(fault.without_acknowledgement for fault in of_kind)
        leads = sorted(fault.to_first_lead for fault in of_kind)
        print(
            f"{kind}: {len(of_kind)} kills; no acknowledgement for {gaps[0]:.1f}-{gaps[-1]:.1f} s;"
            f" first lead accepted after {leads[0]:.1f}-{leads[-1]:.1f} s"
        )
    ledger = result.ledger
    print(
        f"acknowledged {len(ledger.messages)}, lost {len(result.lost_messages)},"
        f" doubled {len(result.doubled_messages)}, undelivered {result.undelivered}\n"
        f"deaths {len(ledger.deaths)}, lost {result.lost_deaths}\n"
        f"leads accepted {len(ledger.leads)}, lost {result.lost_leads}\n"
        f"asked again {ledger.asked_again}"
    )


if __name__ == "__main__":
    main()
