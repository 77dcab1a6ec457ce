"""Nothing is lost, nothing doubled, whatever fails: processes killed, networks, disks, clocks.

LFD_NIGHTLY=1 kills 1,000 times.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import psycopg
import pytest
import pytest_asyncio

from tests.end_to_end.exchange import lfd
from tests.faults.area import Area, running
from tests.faults.campaign import Campaign
from tests.faults.reckoning import settled
from tests.faults.small_disk import SmallDisk, mounted
from tests.faults.stories import people
from tests.faults.wall_clock import WallClock, compiled

NIGHTLY = bool(os.environ.get("LFD_NIGHTLY"))
KILLS = 1000 if NIGHTLY else 3
SEED = int(os.environ.get("LFD_FAULT_SEED", "1"))
PATIENCE = 120.0
HOUR = 3600

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(24 * HOUR if NIGHTLY else 900),
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found by /proc"),
]


@dataclass
class Scene:
    """An area, what kills in it and reckons, and what of the machine can be made to fail."""

    area: Area
    campaign: Campaign
    disk: SmallDisk | None
    clocks: dict[str, WallClock] = field(default_factory=dict[str, WallClock])

    @property
    def refusals(self) -> int:
        """How often a sender was told to send again later, or heard nothing."""
        ledger = self.area.sender.ledger
        return ledger.refused.total() + ledger.unanswered

    async def until_refused_since(self, before: int) -> None:
        """Takes a number of refusals; returns once there are more."""
        async with asyncio.timeout(PATIENCE):
            while self.refusals <= before:
                await asyncio.sleep(0.02)

    async def acknowledged(self) -> None:
        """Returns once all that was sent is acknowledged."""
        async with asyncio.timeout(PATIENCE):
            await self.area.sender.all_acknowledged()

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        """Takes a query; returns the database's answer."""

        def ask() -> list[tuple[object, ...]]:
            with psycopg.connect(self.area.database.url) as connection:
                return connection.execute(query.encode()).fetchall()

        return await asyncio.to_thread(ask)

    async def change(self, statement: str) -> None:
        """Takes a statement; has the database do it."""

        def do() -> None:
            with psycopg.connect(self.area.database.url) as connection:
                connection.execute(statement.encode())

        await asyncio.to_thread(do)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Scene]:
    beside = tmp_path_factory.mktemp("clocks")
    root = tmp_path_factory.mktemp("faults")
    with ExitStack() as stack:
        disk = stack.enter_context(mounted(root))
        library = compiled(beside)
        clocks: dict[str, WallClock] = {}
        if library is not None:
            clocks = {name: WallClock(library, beside / name) for name in ("adapter", "registry")}
        environments = {name: clock.environment for name, clock in clocks.items()}
        async with running(root, environments=environments) as area:
            yield Scene(area, Campaign(area, SEED), disk, clocks)


async def test_killed_again_and_again(scene: Scene) -> None:
    await scene.campaign.run(KILLS)
    assert scene.campaign.done.kills.total() == KILLS
    assert scene.campaign.done.reckonings


async def test_the_network_to_the_registry_is_cut(scene: Scene) -> None:
    scene.area.to_registry.cut()
    await scene.area.sender.put(people(3))
    await scene.acknowledged()  # senders need no registry
    scene.area.to_registry.mend()
    await scene.campaign.reckon()


async def test_the_network_to_the_databases_is_cut(scene: Scene) -> None:
    before = scene.refusals
    scene.area.adapter_to_database.cut()
    scene.area.registry_to_database.cut()
    await scene.area.sender.put(people(3))
    await scene.until_refused_since(before)
    scene.area.adapter_to_database.mend()
    scene.area.registry_to_database.mend()
    await scene.campaign.reckon()


async def test_connections_are_half_open(scene: Scene) -> None:
    before = scene.refusals
    for relay in scene.area.relays:
        relay.fall_silent()
    await scene.area.sender.put(people(3))
    await scene.until_refused_since(before)
    for relay in scene.area.relays:
        relay.mend()
    await scene.campaign.reckon()


async def test_the_disk_is_full(scene: Scene) -> None:
    if scene.disk is None:
        pytest.skip("we may not mount a small file system here")
    before = scene.refusals
    await asyncio.to_thread(scene.disk.fill)
    try:
        await scene.area.sender.put(people(20))
        await scene.until_refused_since(before)
    finally:
        scene.disk.free()
    await scene.campaign.reckon()


async def test_the_database_has_no_connection_left(scene: Scene) -> None:
    before = scene.refusals
    with ExitStack() as held:
        await asyncio.to_thread(_take_all_connections, scene.area.database.url, held)
        await scene.area.sender.put(people(3))
        await scene.until_refused_since(before)
    await scene.campaign.reckon()


async def test_the_database_is_slow_and_its_tables_locked(scene: Scene) -> None:
    relays = (scene.area.adapter_to_database, scene.area.registry_to_database)
    for relay in relays:
        relay.delay = 0.02
    # More at once than a registry has connections.
    async with await psycopg.AsyncConnection.connect(scene.area.database.url) as locking:
        await locking.execute("LOCK TABLE registry.statement")
        await scene.area.sender.put(people(10))
        await scene.acknowledged()
    for relay in relays:
        relay.delay = 0.0
    await scene.campaign.reckon()


async def test_rows_of_the_outbox_are_corrupt(scene: Scene) -> None:
    scene.area.to_registry.cut()
    await scene.area.sender.put(people(4))
    await scene.acknowledged()
    async with asyncio.timeout(PATIENCE):
        while await scene.rows("SELECT FROM adapter.inbox WHERE state = 'received'"):
            await asyncio.sleep(0.05)
    spoilt = await scene.rows(
        "WITH one AS (SELECT inbox_id, row_number() OVER (ORDER BY inbox_id) AS place"
        " FROM adapter.outbox)"
        " UPDATE adapter.outbox AS o SET bundle = CASE WHEN place = 1 THEN '\\x00ff'"
        " ELSE overlay(bundle PLACING '\\x00' FROM length(bundle) / 2) END"
        " FROM one WHERE one.inbox_id = o.inbox_id AND place <= 2 RETURNING o.inbox_id"
    )
    scene.area.to_registry.mend()
    assert len(spoilt) == 2
    async with asyncio.timeout(PATIENCE):
        while (
            await scene.rows("SELECT id FROM adapter.inbox WHERE state = 'quarantined' ORDER BY id")
            != spoilt
        ):
            await asyncio.sleep(0.05)
    # What was received is whole: another try makes the Bundle anew.
    url = scene.area.database.url
    await asyncio.to_thread(lfd, "quarantine", "release", "--all", "--database", url)
    await scene.campaign.reckon()


async def test_a_new_release_is_put_in_place_under_load(scene: Scene) -> None:
    area = scene.area
    await area.ready()
    refused = area.sender.ledger.refused.total()
    await area.sender.put(people(5))
    for process in area.registries:
        await process.restart()
        await area.sender.put(people(5))
    await area.adapter.restart()
    await scene.campaign.reckon()
    assert area.sender.ledger.refused.total() == refused, "nobody is told to come again"


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
async def test_the_clocks_are_wrong(scene: Scene, seconds: int) -> None:
    if not scene.clocks:
        pytest.skip("there is no C compiler here to make a clock that can be set")
    area = scene.area
    scene.clocks["adapter"].step(seconds)
    scene.clocks["registry"].step(-seconds // 4)
    known = len(area.log("adapter"))
    # With a token from before it would not show.
    assert await area.adapter.kill()
    await area.sender.put(people(3))
    await scene.acknowledged()
    async with asyncio.timeout(PATIENCE):
        while "registry gives no access token" not in area.log("adapter")[known:]:
            await asyncio.sleep(0.05)
    for clock in scene.clocks.values():
        clock.step(0)
    await scene.campaign.reckon()


@pytest.mark.parametrize(
    ("spoil", "mend", "notices"),
    [
        (
            "UPDATE adapter.inbox SET control_id = 'x' || control_id WHERE id = 1",
            "UPDATE adapter.inbox SET control_id = substr(control_id, 2) WHERE id = 1",
            "acknowledged and not in the inbox",
        ),
        (
            "UPDATE registry.statement SET source = 'x' || source WHERE id = 1",
            "UPDATE registry.statement SET source = substr(source, 2) WHERE id = 1",
            "facts",
        ),
        (
            "UPDATE registry.resource SET status = 'x' || status WHERE type = 'Encounter'",
            "UPDATE registry.resource SET status = substr(status, 2) WHERE type = 'Encounter'",
            "resources",
        ),
        (
            "UPDATE registry.subscription_event SET focus_id = 'x' || focus_id",
            "UPDATE registry.subscription_event SET focus_id = substr(focus_id, 2)",
            "proposed and not told",
        ),
    ],
)
async def test_what_is_lost_would_be_noticed(
    scene: Scene, spoil: str, mend: str, notices: str
) -> None:
    await scene.area.sender.put(people(1))
    await scene.campaign.reckon()
    await scene.change(spoil)
    with pytest.raises(AssertionError, match=notices):
        await scene.campaign.reckon()
    await scene.change(mend)
    await scene.campaign.reckon()


async def test_a_notification_that_never_came_would_be_noticed(scene: Scene) -> None:
    await scene.area.sender.put(people(1))
    await scene.campaign.reckon()
    missed = scene.area.receiver.received.pop()
    with pytest.raises(AssertionError, match="not settled"):
        await settled(scene.area, 0.5)
    scene.area.receiver.received.append(missed)
    await scene.campaign.reckon()


def _take_all_connections(url: str, held: ExitStack) -> None:
    """Takes what is free, throws out the others, and takes theirs as well."""
    first = held.enter_context(psycopg.connect(url, autocommit=True))
    mine = [first]
    while True:
        with suppress(psycopg.OperationalError):
            while True:
                mine.append(held.enter_context(psycopg.connect(url)))
        pids = [one.info.backend_pid for one in mine]
        others = first.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> ALL (%s)",
            [pids],
        ).fetchall()
        if not others:
            return
