"""A message's way through the adapter as spans; with traces off, nothing of it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import psycopg
import pytest
from joserfc.jwk import ECKey
from prometheus_client import CollectorRegistry
from pytest_httpx import HTTPXMock
from starlette.applications import Starlette

from adapter.acknowledgement import read_answer
from adapter.door import Door
from adapter.metrics import Metrics
from adapter.mllp.client import Client
from adapter.mllp.server import Listening
from adapter.service import Adapter, Settings
from adapter.token import Credentials
from adapter.treatment import CONVERTED, Treated
from tests.tracing.kept import Kept, keeping, parent, place
from tests.tracing.test_place import EXAMPLE

Adt = Callable[..., bytes]
HERE = "127.0.0.1"
BASE = "https://registry.example/fhir"
SECRET = "Smith"
WAY = ["adapter receipt", "adapter conversion", "adapter delivery"]


def treat(raw: bytes) -> Treated:
    if b"crash" in raw:
        raise ValueError(SECRET)
    return Treated(CONVERTED, b'"%d"' % len(raw))


def adapter(database: str, door: Door) -> Adapter:
    key = ECKey.generate_key("P-384").as_pem(private=True).decode()
    settings = Settings(database, BASE, Credentials("rxa", key), listening=Listening(HERE, 0))
    return Adapter(settings, door, treat, Metrics(CollectorRegistry()))


@pytest.fixture
def registry(httpx_mock: HTTPXMock) -> list[httpx.Request]:
    """What the registry was sent. It grants every token and takes every message."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        match request.url.path.rsplit("/", 1)[-1]:
            case "smart-configuration":
                return httpx.Response(200, json={"token_endpoint": f"{BASE}/token"})
            case "token":
                return httpx.Response(200, json={"access_token": "t", "expires_in": 300})
            case _:
                sent.append(request)
                return httpx.Response(200)

    httpx_mock.add_callback(answer, is_reusable=True, is_optional=True)
    return sent


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.01)


def stored(database: str) -> list[object]:
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT traceparent FROM adapter.inbox ORDER BY id").fetchall()
    return [row[0] for row in found]


async def sent(running: Adapter, raw: bytes) -> str:
    async with Client(HERE, running.mllp_port) as client:
        return read_answer(await client.send(raw)).code


def way(kept: Kept, name: str) -> list[str]:
    """The names from the root down to the span of a name."""
    by_place = {place(one): one for one in kept.ended}
    one = kept.one(name)
    names = [one.name]
    while (above := parent(one)) in by_place:
        one = by_place[above]
        names.insert(0, one.name)
    return names


async def test_from_the_door_to_the_registry(
    database: str, door: Door, registry: list[httpx.Request], adt: Adt
) -> None:
    with keeping() as kept:
        async with adapter(database, door) as running:
            assert await sent(running, adt("1")) == "AA"
            await until(lambda: "adapter delivery" in kept.names)
    assert way(kept, "adapter delivery") == WAY
    assert way(kept, "adapter inbox commit") == ["adapter receipt", "adapter inbox commit"]
    (request,) = registry
    delivery = kept.one("adapter delivery")
    assert request.headers["traceparent"] == place(delivery)
    assert kept.said("adapter delivery") == {
        "http.response.status_code": 200,
        "lfd.attempt": 1,
        "lfd.outcome": "delivered",
        "lfd.request_id": request.headers["x-request-id"],
    }
    assert stored(database) == [place(kept.one("adapter receipt"))]


async def test_by_http_it_goes_on_with_the_senders_trace(
    database: str, door: Door, registry: list[httpx.Request], adt: Adt
) -> None:
    with keeping() as kept:
        async with adapter(database, door) as running:
            app = Starlette(routes=running.routes())
            there = httpx.ASGITransport(app)
            headers = {"traceparent": EXAMPLE, "tracestate": f"x={SECRET}"}
            async with httpx.AsyncClient(transport=there, base_url="http://x") as client:
                answer = await client.post("/hl7v2", content=adt("1"), headers=headers)
            assert answer.status_code == 200
            await until(lambda: "adapter delivery" in kept.names)
    assert parent(kept.one("adapter receipt")) == EXAMPLE
    (request,) = registry
    assert request.headers["traceparent"].startswith(EXAMPLE[:35])
    assert "tracestate" not in request.headers
    assert SECRET not in "".join(one.to_json() for one in kept.ended)


async def test_what_came_without_traces_begins_none_later(
    database: str, door: Door, registry: list[httpx.Request], adt: Adt
) -> None:
    async with adapter(database, door) as running:
        assert await sent(running, adt("1")) == "AA"
        await until(lambda: len(registry) == 1)
    assert "traceparent" not in registry[0].headers
    assert stored(database) == [None]
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE adapter.inbox SET state = 'received'")
    with keeping() as kept:
        async with adapter(database, door) as running:
            await until(lambda: len(registry) == 2)
    assert "traceparent" not in registry[1].headers
    assert kept.names == []


async def test_what_came_with_traces_is_delivered_without_where_they_are_off(
    database: str, door: Door, registry: list[httpx.Request], adt: Adt
) -> None:
    with keeping():
        async with adapter(database, door) as running:
            assert await sent(running, adt("1")) == "AA"
            await until(lambda: len(registry) == 1)
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE adapter.inbox SET state = 'received'")
    async with adapter(database, door):
        await until(lambda: len(registry) == 2)
    assert "traceparent" not in registry[1].headers


async def test_what_is_not_taken_says_so_and_nothing_else(
    database: str, door: Door, registry: list[httpx.Request], adt: Adt
) -> None:
    with keeping() as kept:
        async with adapter(database, door) as running:
            assert await sent(running, b"MSH|" + SECRET.encode()) == "AR"
            assert await sent(running, adt("crash")) == "AA"
            await until(lambda: "adapter conversion" in kept.names)
    refused, taken = [one for one in kept.ended if one.name == "adapter receipt"]
    assert dict(refused.attributes or {}) == {"hl7.acknowledgement_code": "AR"}
    assert (taken.attributes or {})["hl7.acknowledgement_code"] == "AA"
    assert kept.said("adapter conversion") == {"lfd.messages": 1, "lfd.state": "quarantined"}
    assert registry == []
    assert SECRET not in "".join(one.to_json() for one in kept.ended)
