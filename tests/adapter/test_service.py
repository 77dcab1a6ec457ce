"""The whole adapter: from a socket to the registry, through outages, losing nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx
import psycopg
import pytest
from joserfc.jwk import ECKey
from prometheus_client import CollectorRegistry
from psycopg import conninfo
from pytest_httpx import HTTPXMock

from adapter.acknowledgement import read_answer
from adapter.door import Door
from adapter.metrics import Metrics
from adapter.mllp.client import Client
from adapter.mllp.server import Listening
from adapter.monitoring import Monitoring
from adapter.service import Adapter, Settings
from adapter.token import Credentials
from adapter.treatment import CONVERTED, Treated

Adt = Callable[..., bytes]
HERE = "127.0.0.1"
BASE = "https://registry.example/fhir"
KEY = ECKey.generate_key("P-384").as_pem(private=True).decode()


def treat(raw: bytes) -> Treated:
    return Treated(CONVERTED, b'"%d"' % len(raw))


@asynccontextmanager
async def adapting(database: str, door: Door, metrics: Metrics) -> AsyncGenerator[Adapter]:
    settings = Settings(database, BASE, Credentials("rxa", KEY), listening=Listening(HERE, 0))
    async with Adapter(settings, door, treat, metrics) as adapter:
        yield adapter


@pytest.fixture
def registry(httpx_mock: HTTPXMock) -> list[httpx.Response]:
    """What the registry answers from now on, to be replaced. It grants every token."""
    answers = [httpx.Response(200)]
    config = {"token_endpoint": f"{BASE}/token"}
    token = {"access_token": "t", "expires_in": 300}

    def answer(request: httpx.Request) -> httpx.Response:
        match request.url.path.rsplit("/", 1)[-1]:
            case "smart-configuration":
                return httpx.Response(200, json=config)
            case "token":
                return httpx.Response(200, json=token)
            case _:
                return answers[0]

    httpx_mock.add_callback(answer, is_optional=True, is_reusable=True)
    return answers


def states(database: str) -> list[str]:
    with psycopg.connect(database) as connection:
        query = "SELECT state FROM adapter.inbox ORDER BY id"
        return [str(state) for (state,) in connection.execute(query)]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not holds():
            await asyncio.sleep(0.02)


async def test_from_the_socket_to_the_registry(
    database: str, door: Door, metrics: Metrics, adt: Adt, registry: list[httpx.Response]
) -> None:
    async with adapting(database, door, metrics) as adapter:
        async with Client(HERE, adapter.mllp_port) as client:
            for n in range(20):
                assert read_answer(await client.send(adt(str(n)))).code == "AA"
        await until(lambda: states(database) == ["delivered"] * 20)


async def test_the_same_message_again_gets_the_same_answer_and_is_delivered_once(
    database: str, door: Door, metrics: Metrics, adt: Adt, registry: list[httpx.Response]
) -> None:
    async with adapting(database, door, metrics) as adapter:
        async with Client(HERE, adapter.mllp_port) as client:
            first, second = [read_answer(await client.send(adt("1"))) for _ in range(2)]
        assert first == second
        await until(lambda: states(database) == ["delivered"])


async def test_what_was_acknowledged_before_a_stop_is_delivered_after_the_next_start(
    database: str, door: Door, metrics: Metrics, adt: Adt, registry: list[httpx.Response]
) -> None:
    registry[0] = httpx.Response(503)
    async with (
        adapting(database, door, metrics) as adapter,
        Client(HERE, adapter.mllp_port) as client,
    ):
        for n in range(5):
            assert read_answer(await client.send(adt(str(n)))).accepted
    registry[0] = httpx.Response(200)
    async with adapting(database, door, metrics):
        await until(lambda: states(database) == ["delivered"] * 5)


async def test_database_away_means_reject_and_nothing_else(
    database: str, door: Door, metrics: Metrics, adt: Adt, registry: list[httpx.Response]
) -> None:
    name = str(conninfo.conninfo_to_dict(database)["dbname"])

    def connections(allowed: bool) -> None:
        admin = conninfo.make_conninfo(database, dbname="postgres")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}".encode())
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )

    async with adapting(database, door, metrics) as adapter:
        async with Client(HERE, adapter.mllp_port) as client:
            assert read_answer(await client.send(adt("1"))).code == "AA"
            await until(lambda: all(adapter.ready().values()))
            connections(False)
            answer = read_answer(await client.send(adt("2")))
            assert (answer.code, answer.control_id) == ("AR", "2")
            await until(lambda: not adapter.ready()["database"])
            connections(True)
            assert read_answer(await client.send(adt("2"))).code == "AA"
        await until(lambda: states(database) == ["delivered"] * 2)
        await until(lambda: all(adapter.ready().values()))


async def test_every_accepted_message_is_there_while_connections_are_killed(
    database: str, door: Door, metrics: Metrics, adt: Adt, registry: list[httpx.Response]
) -> None:
    accepted: set[str] = set()

    async def send(port: int, name: int) -> None:
        async with Client(HERE, port) as client:
            for n in range(60):
                answer = read_answer(await client.send(adt(f"{name}-{n}")))
                if answer.code == "AA":
                    accepted.add(answer.control_id)

    def kill() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    async with adapting(database, door, metrics) as adapter:
        sending = asyncio.gather(*(send(adapter.mllp_port, name) for name in range(8)))
        while not sending.done():
            await asyncio.to_thread(kill)
            await asyncio.sleep(0.01)
        await sending
        await until(lambda: set(states(database)) == {"delivered"})
    with psycopg.connect(database) as connection:
        kept = {str(one) for (one,) in connection.execute("SELECT control_id FROM adapter.inbox")}
    assert accepted
    assert accepted <= kept


async def test_enhanced_mode_over_the_socket(
    database: str, door: Door, metrics: Metrics, adt: Adt, registry: list[httpx.Response]
) -> None:
    async with (
        adapting(database, door, metrics) as adapter,
        Client(HERE, adapter.mllp_port) as client,
    ):
        assert read_answer(await client.send(adt("1", mode="AL|AL"))).code == "CA"
        assert read_answer(await client.answer()).code == "AA"
        # Who wants one answer for each message gets the right one.
        for control_id in ("2", "3"):
            answer = read_answer(await client.send(adt(control_id, mode="AL|AL")))
            assert (answer.code, answer.control_id) == ("CA", control_id)


async def test_port_that_is_taken_leaves_nothing_running(
    database: str, door: Door, metrics: Metrics
) -> None:
    taken = await asyncio.start_server(lambda _r, _w: None, HERE, 0)
    listening = Listening(HERE, taken.sockets[0].getsockname()[1])
    settings = Settings(database, BASE, Credentials("rxa", KEY), listening=listening)
    adapter = Adapter(settings, door, treat, metrics)
    with pytest.raises(OSError):
        await adapter.start()
    assert not any(adapter.ready().values())
    taken.close()
    await taken.wait_closed()


async def test_no_database_is_said_at_once(door: Door, metrics: Metrics) -> None:
    settings = Settings("postgresql://x@127.0.0.1:1/x", BASE, Credentials("rxa", KEY))
    with pytest.raises(psycopg.OperationalError):
        await Adapter(settings, door, treat, metrics).start()


async def test_depths_are_measured(
    database: str, metrics: Metrics, samples: CollectorRegistry
) -> None:
    with psycopg.connect(database) as connection:
        for n, state in enumerate(["received", "received", "quarantined", "converted"]):
            connection.execute(
                "INSERT INTO adapter.inbox (organisation, control_id, trigger, sha256, raw, state,"
                " received_at, reason_text)"
                " VALUES ('', '', '', %s, '', %s, now() - %s * interval '1 hour', '')",
                [os.urandom(32), state, n],
            )
        connection.execute(
            "INSERT INTO adapter.outbox (inbox_id, bundle)"
            " SELECT id, '' FROM adapter.inbox WHERE state = 'converted'"
        )
    monitoring = Monitoring(database, metrics)
    task = asyncio.create_task(monitoring.run())
    await until(lambda: monitoring.database_answers)
    task.cancel()
    await asyncio.wait([task])
    assert samples.get_sample_value("adapter_inbox_messages", {"state": "received"}) == 2
    assert samples.get_sample_value("adapter_inbox_messages", {"state": "quarantined"}) == 1
    assert samples.get_sample_value("adapter_outbox_messages") == 1
    oldest = samples.get_sample_value("adapter_oldest_undelivered_age_seconds")
    assert oldest == pytest.approx(3 * 3600, abs=60)
