"""Whatever the standbys lag, through whichever process: a client always sees the leads it
accepted, and is never shown an older version of anything than it was shown before; who goes through
the pages of a search finds all that was there when it began."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postgres.embedded import EmbeddedServer
from tests.registry.conftest import new_database
from tests.registry.core.stating import ICB1, T1
from tests.registry.replicas.conftest import Cluster, running
from tests.registry.replicas.standby import StandbyServer
from tests.registry.replicas.test_reading import accept, dies

Resource = dict[str, Any]
Who = Literal["provider", "icb"]
WHO = {"provider": T1, "icb": ICB1}
SERIALS = count(100)
EXAMPLES = 300 if os.environ.get("LFD_NIGHTLY") else 8

process = st.integers(0, 1)
who = st.sampled_from(sorted(WHO))
steps = st.one_of(
    st.tuples(st.just("hold"), process),
    st.tuples(st.just("let go"), process),
    st.tuples(st.just("die"), process),
    st.tuples(st.just("accept"), process),
    st.tuples(st.just("read"), process, who),
    st.tuples(st.just("begin pages"), process, who),
    st.tuples(st.just("next page"), process, who),
)


@dataclass
class Seen:
    """What one client was shown: the newest version of each Task; and where it is in its pages."""

    versions: dict[str, int] = field(default_factory=dict[str, int])
    accepted: set[str] = field(default_factory=set[str])
    following: str | None = None
    to_find: set[str] = field(default_factory=set[str])

    def see(self, task: Resource) -> None:
        """Shown a Task."""
        identifier, version = task["id"], int(task["meta"]["versionId"])
        assert version >= self.versions.get(identifier, 0), "an older version than before"
        self.versions[identifier] = version
        if identifier in self.accepted:
            assert task["status"] == "accepted", "its own lead is gone"


class World:
    """One run: the cluster, and what each client saw."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.seen: dict[str, Seen] = {name: Seen() for name in WHO}
        self._clients: dict[tuple[str, int], httpx.AsyncClient] = {}

    async def step(self, what: str, at: int, role: Any = None) -> None:
        """Takes one step."""
        match what:
            case "hold":
                self.cluster.standbys[at].hold()
            case "let go":
                self.cluster.standbys[at].let_go()
            case "die":
                await dies(self.cluster, next(SERIALS), at)
            case "accept":
                await self._accept(at)
            case "read":
                await self._read(at, role)
            case "begin pages":
                await self._read(at, role)
                self.seen[role].to_find = set(self.seen[role].versions)
                await self._page(at, role, "Task?_count=1")
            case _:
                following = self.seen[role].following
                if following is not None:
                    await self._page(at, role, following)

    async def _client(self, role: Any, at: int) -> httpx.AsyncClient:
        if (role, at) not in self._clients:
            self._clients[role, at] = await self.cluster.client(WHO[role], role, at)
        return self._clients[role, at]

    async def _accept(self, at: int) -> None:
        client, seen = await self._client("provider", at), self.seen["provider"]
        answer = (await client.get("Task", params={"status": "requested", "_count": "1"})).json()
        for entry in answer.get("entry", []):
            task = entry["resource"]
            seen.see(task)
            await accept(client, task)
            seen.accepted.add(task["id"])
            seen.versions[task["id"]] += 1

    async def _read(self, at: int, role: Any) -> None:
        client, seen = await self._client(role, at), self.seen[role]
        answer = (await client.get("Task", params={"_count": "1000"})).json()
        shown = [entry["resource"] for entry in answer.get("entry", [])]
        for task in shown:
            seen.see(task)
        assert set(seen.versions) <= {task["id"] for task in shown}, "something went away"

    async def _page(self, at: int, role: Any, address: str) -> None:
        client, seen = await self._client(role, at), self.seen[role]
        answer = await client.get(address)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        for entry in page.get("entry", []):
            seen.see(entry["resource"])
            seen.to_find.discard(entry["resource"]["id"])
        following = [link["url"] for link in page["link"] if link["relation"] == "next"]
        seen.following = following[0] if following else None
        if not following:
            assert not seen.to_find, "the pages went back in time"


@pytest.fixture(scope="module")
def database_of_module(registry_server: EmbeddedServer) -> Iterator[str]:
    with new_database(registry_server) as url:
        yield url


def test_nobody_is_shown_less_than_before(
    database_of_module: str, standbys: list[StandbyServer], let_go: None
) -> None:
    with asyncio.Runner() as runner:
        made = running(database_of_module, standbys)
        cluster = runner.run(made.__aenter__())

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            database=None,
        )
        @given(st.lists(steps, min_size=5, max_size=25))
        def any_order(taken: list[tuple[Any, ...]]) -> None:
            async def run() -> None:
                world = World(cluster)
                for one in taken:
                    await world.step(*one)
                for role in WHO:
                    while world.seen[role].following is not None:
                        await world.step("next page", 0, role)
                cluster.catch_up()

            runner.run(run())

        async def behind() -> None:
            """However fast the standbys are, once they are behind what a client did."""
            world = World(cluster)
            await world.step("die", 0)
            cluster.catch_up()
            for standby in cluster.standbys:
                standby.hold()
            await world.step("accept", 0)
            await world.step("read", 1, "provider")
            cluster.catch_up()

        try:
            any_order()
            runner.run(behind())
            answered = [
                sum(one.count(name) for one in cluster.processes)
                for name in (
                    "registry_replica_reads_total",
                    "registry_replica_reads_by_primary_total",
                )
            ]
            assert min(answered) > 0, "one of the two answered nothing"
        finally:
            runner.run(made.__aexit__(None, None, None))
