"""Reads from real streaming standbys: what a client wrote it sees, however far they are behind."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import Any

import httpx
import psycopg
import pytest

from postgres.embedded import EmbeddedServer
from registry import database
from registry.access.roles import Role
from registry.replicas.lag import Trail
from registry.replicas.standby import Standby
from registry.store.reader import as_reader
from tests.registry.api.message import message, number_of
from tests.registry.core.stating import ICB1, P1, T1, T2
from tests.registry.replicas.conftest import FHIR, PATIENCE, Cluster, running
from tests.registry.replicas.standby import StandbyServer

Resource = dict[str, Any]
FROM_STANDBY = "registry_replica_reads_total"
BY_PRIMARY = "registry_replica_reads_by_primary_total"


async def dies(cluster: Cluster, serial: int, process: int = 0) -> None:
    """Somebody dies in Trust One."""
    adapter = await cluster.client(T1, "adapter", process)
    bundle = message(
        "A03", number=number_of(serial), admitted="2026-01-05", discharged="2026-01-10",
        method="4", died="2026-01-10", mrn=f"A{serial}", visit=f"V{serial}",
    )  # fmt: skip
    answer = await adapter.post("$process-message", json=bundle, headers=FHIR)
    assert answer.status_code == 200, answer.text


async def tasks(client: httpx.AsyncClient) -> dict[str, Resource]:
    answer = await client.get("Task", params={"_count": "1000"})
    assert answer.status_code == 200, answer.text
    return {e["resource"]["id"]: e["resource"] for e in answer.json().get("entry", [])}


async def accept(client: httpx.AsyncClient, task: Resource) -> None:
    match = {"If-Match": f'W/"{task["meta"]["versionId"]}"'}
    sent = {**task, "status": "accepted"}
    answer = await client.put(f"Task/{task['id']}", json=sent, headers=FHIR | match)
    assert answer.status_code == 200, answer.text


def counted(cluster: Cluster, name: str, **labels: str) -> float:
    return sum(process.count(name, **labels) for process in cluster.processes)


async def test_a_client_sees_its_own_lead_everywhere_and_others_see_it_later(
    cluster: Cluster,
) -> None:
    await dies(cluster, 1)
    cluster.catch_up()
    mine = [await cluster.client(T1, "provider", process) for process in (0, 1)]
    others = [await cluster.client(ICB1, "icb", process) for process in (0, 1)]
    (task,) = (await tasks(mine[0])).values()
    assert counted(cluster, FROM_STANDBY) == 1
    cluster.hold()
    await accept(mine[0], task)
    for client in mine:
        for asked in (client.get(f"Task/{task['id']}"), client.get(f"Task/{task['id']}/_history")):
            answer = (await asked).json()
            newest = answer["entry"][0]["resource"] if "entry" in answer else answer
            assert newest["status"] == "accepted"
        assert (await tasks(client))[task["id"]]["status"] == "accepted"
    assert counted(cluster, FROM_STANDBY) == 1
    assert counted(cluster, BY_PRIMARY, reason="behind") == 6
    for client in others:
        assert (await tasks(client))[task["id"]]["status"] == "requested"
    assert counted(cluster, FROM_STANDBY) == 3
    cluster.catch_up()
    for client in (*mine, *others):
        assert (await tasks(client))[task["id"]]["status"] == "accepted"
    assert counted(cluster, FROM_STANDBY) == 7


async def test_a_write_whose_process_died_is_known_to_the_next(cluster: Cluster) -> None:
    await dies(cluster, 1)
    cluster.catch_up()
    mine = [await cluster.client(T1, "provider", process) for process in (0, 1)]
    (task,) = (await tasks(mine[0])).values()
    cluster.hold()
    await accept(mine[0], task)
    await cluster.processes[0].registry.stop()
    assert (await tasks(mine[1]))[task["id"]]["status"] == "accepted"


async def test_what_the_primary_showed_no_standby_takes_back(cluster: Cluster) -> None:
    """A client that writes is answered by the primary, and sees there what others wrote. When its
    own writes have reached the standbys, what it was shown of others' may have not."""
    await dies(cluster, 1)
    await dies(cluster, 2)
    cluster.catch_up()
    mine = await cluster.client(T1, "provider")
    reader = [await cluster.client(ICB1, "icb", process) for process in (0, 1)]
    one, two = (await tasks(mine)).values()
    cluster.hold()
    await accept(mine, one)
    # As if it had written something itself, which then reached the standbys.
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("INSERT INTO registry.client_mark VALUES (%s, '1')", (f"icb-{ICB1}",))
        assert (await tasks(reader[0]))[one["id"]]["status"] == "accepted"
        connection.execute("DELETE FROM registry.client_mark WHERE transaction = '1'")
    assert (await tasks(reader[1]))[one["id"]]["status"] == "accepted"
    cluster.catch_up()
    cluster.hold()
    await accept(mine, two)
    seen = await tasks(reader[1])
    assert (seen[one["id"]]["status"], seen[two["id"]]["status"]) == ("accepted", "requested")


async def test_the_next_page_is_never_before_the_last(cluster: Cluster) -> None:
    for serial in (1, 2, 3):
        await dies(cluster, serial)
    cluster.catch_up()
    mine = [await cluster.client(T1, "provider", process) for process in (0, 1)]
    task = next(iter((await tasks(mine[0])).values()))
    cluster.hold()
    await accept(mine[0], task)
    # By the primary; and from now on the standbys would do for anything but this page.
    first = (await mine[0].get("Task", params={"_count": "2"})).json()
    with psycopg.connect(cluster.url) as connection:
        connection.execute("DELETE FROM registry.client_mark")
    (following,) = [link["url"] for link in first["link"] if link["relation"] == "next"]
    before = counted(cluster, BY_PRIMARY, reason="behind")
    second = (await mine[1].get(following)).json()
    assert counted(cluster, BY_PRIMARY, reason="behind") == before + 1
    shown = [e["resource"] for page in (first, second) for e in page["entry"]]
    assert len({one["id"] for one in shown}) == 3
    # What was accepted last is last.
    assert (shown[-1]["id"], shown[-1]["status"]) == (task["id"], "accepted")


async def test_a_page_of_a_standby_goes_on_at_a_standby(cluster: Cluster) -> None:
    for serial in (1, 2, 3):
        await dies(cluster, serial)
    cluster.catch_up()
    client = await cluster.client(T1, "provider")
    first = (await client.get("Task", params={"_count": "2"})).json()
    (following,) = [link["url"] for link in first["link"] if link["relation"] == "next"]
    assert len((await client.get(following)).json()["entry"]) == 1
    history = (await client.get("Task/_history", params={"_count": "2"})).json()
    (following,) = [link["url"] for link in history["link"] if link["relation"] == "next"]
    assert (await client.get(following)).json()["entry"]
    assert counted(cluster, FROM_STANDBY) == 4
    assert counted(cluster, BY_PRIMARY) == 0
    refused = await client.get("Task", params={"_page": "made-up"})
    assert refused.status_code == 400


async def test_who_polls_at_a_standby_misses_nothing(cluster: Cluster) -> None:
    """The instant that a standby answers with is of what it has seen, not of the primary."""
    await dies(cluster, 1)
    cluster.catch_up()
    reader = await cluster.client(ICB1, "icb")
    cluster.hold()
    await dies(cluster, 2)
    for process in cluster.processes:
        await process.registry.watermark.note()
        async with process.registry.watermark._pool.connection() as connection:  # pyright: ignore[reportPrivateUsage] (what a reader of the primary does)
            assert await process.registry.watermark.safe(connection) is not None
    answer = (await reader.get("Task", params={"_sort": "_lastUpdated"})).json()
    assert len(answer["entry"]) == 1
    instant = answer["meta"]["lastUpdated"]
    cluster.catch_up()
    polled = await reader.get("Task", params={"_lastUpdated": f"ge{instant}"})
    newest = max(e["resource"]["meta"]["lastUpdated"] for e in polled.json()["entry"])
    assert len(await tasks(reader)) == 2
    assert newest == max(t["meta"]["lastUpdated"] for t in (await tasks(reader)).values())


@pytest.mark.parametrize(
    ("organisation", "role"), [(T1, "provider"), (T2, "provider"), (P1, "gp"), (ICB1, "icb")]
)
async def test_a_standby_shows_what_the_primary_shows(
    cluster: Cluster, organisation: str, role: Role
) -> None:
    await dies(cluster, 1)
    cluster.catch_up()
    client = await cluster.client(organisation, role)
    kinds = ("Task", "Patient", "Observation", "Encounter/_history")
    asked = [await client.get(kind) for kind in kinds]
    assert counted(cluster, FROM_STANDBY) == len(kinds)
    # A mark that no standby has: the primary answers.
    with psycopg.connect(cluster.url) as connection:
        mark = (f"{role}-{organisation}",)
        connection.execute("INSERT INTO registry.client_mark VALUES (%s, '1')", mark)
        cluster.hold()
        connection.execute("INSERT INTO registry.client_mark VALUES (%s, '2')", mark)
        connection.commit()
    again = [await client.get(kind) for kind in kinds]
    assert counted(cluster, BY_PRIMARY, reason="behind") == counted(cluster, FROM_STANDBY)
    shown = [
        [(a.status_code, a.json().get("entry")) for a in answers] for answers in (asked, again)
    ]
    assert shown[0] == shown[1]
    assert (shown[0][0][1] is None) == (organisation == T2)


async def test_row_security_holds_on_a_standby(cluster: Cluster) -> None:
    await dies(cluster, 1)
    cluster.catch_up()
    pool = database.standby_pool(cluster.standbys[0].url(cluster.database), 2)
    async with pool:
        for organisation, sees in ((T1, True), (T2, False)):
            async with pool.connection() as connection:
                await as_reader(connection, organisation, "provider")
                rows = await connection.execute(
                    "SELECT count(*) > 0 FROM resource WHERE type <> 'Organization'"
                )
                assert await rows.fetchone() == (sees,)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    await connection.execute("SELECT FROM statement")
                await connection.rollback()


async def test_one_too_far_behind_is_left_out_until_it_is_back(
    database_url: str, standbys: list[StandbyServer], let_go: None
) -> None:
    async with running(database_url, standbys, lag_seconds=1.0) as cluster:
        await dies(cluster, 1)
        cluster.catch_up()
        process = cluster.processes[0]
        await process.uses(2)
        reader = await cluster.client(ICB1, "icb")
        cluster.standbys[0].hold()
        await dies(cluster, 2)
        cluster.standbys[1].catch_up()
        await process.uses(1)
        async with asyncio.timeout(PATIENCE):
            while len(await tasks(reader)) < 2:
                pass
        held = str(cluster.standbys[0].place)
        lags = {name: process.count("registry_replica_lag_seconds", replica=name)
                for name in (f"{held}:5432", f"{cluster.standbys[1].place}:5432")}  # fmt: skip
        assert lags[f"{held}:5432"] > 1.0 > lags[f"{cluster.standbys[1].place}:5432"]
        cluster.catch_up()
        await process.uses(2)
        assert len(await tasks(reader)) == 2


async def test_a_standby_that_goes_away_costs_no_request_and_comes_back(cluster: Cluster) -> None:
    await dies(cluster, 1)
    cluster.catch_up()
    who: list[tuple[str, Role]] = [(T1, "provider"), (ICB1, "icb"), (P1, "gp")]
    readers = [await cluster.client(*one) for one in who]
    before = [await tasks(reader) for reader in readers]
    (task,) = before[0].values()
    process = cluster.processes[0]
    with ExitStack() as away:
        for standby in cluster.standbys:
            away.enter_context(standby.away())
        assert [await tasks(reader) for reader in readers] == before
        assert counted(cluster, BY_PRIMARY) == len(readers)
        assert (await readers[0].get(f"Task/{task['id']}")).status_code == 200
        assert (await readers[0].get("Task/nobody")).status_code == 404
        await process.uses(0)
        assert await tasks(readers[1]) == before[1]
        assert process.count(BY_PRIMARY, reason="none-in-use") > 0
    # Each is on record once, wherever it was answered.
    question = (
        "SELECT content::jsonb #>> '{subtype,0,code}', count(DISTINCT id)"
        " FROM registry.audit_event GROUP BY 1"
    )
    with psycopg.connect(cluster.url) as connection:
        kept = dict(connection.execute(question).fetchall())
    assert (kept["read"], kept["search-type"]) == (2, 7)
    await process.uses(2)
    cluster.catch_up()
    answered = process.count(FROM_STANDBY)
    async with asyncio.timeout(PATIENCE):
        while process.count(FROM_STANDBY) == answered:
            assert await tasks(readers[1]) == before[1]


async def test_neither_the_primary_nor_another_database_is_taken_for_a_standby(
    cluster: Cluster, registry_server: EmbeddedServer
) -> None:
    with psycopg.connect(cluster.url) as connection:
        row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
    assert row is not None
    trail = Trail()
    trail.note(0.0, 0)
    for url, system, is_ours in (
        (cluster.standbys[0].url(cluster.database), row[0], True),
        (cluster.standbys[0].url(cluster.database), row[0] + 1, False),
        (cluster.url, row[0], False),
        (cluster.standbys[0].url("nowhere"), row[0], False),
    ):
        standby = Standby("it", url, database.standby_pool(url, 2))
        await standby.look(trail, system)
        assert (standby.as_of is not None) == is_ours
        await standby.close_look()
