"""The spans of requests, of what they change and of telling it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from registry.access.clients import Client
from registry.access.scopes import OF_ROLE
from registry.api.application import install
from registry.metrics import Metrics
from registry.service import Registry
from tests.registry.api.test_reviews import IN_HOSPITAL
from tests.registry.core.stating import T1
from tests.registry.subscriptions.conftest import FHIR, created, receiver, registry, wanted
from tests.registry.subscriptions.receiver import Receiver
from tests.tracing.kept import Kept, keeping, parent, place
from tests.tracing.test_place import EXAMPLE

__all__ = ["receiver", "registry"]
MARK = "Smith9990000018"


@pytest.fixture
def kept() -> Iterator[Kept]:
    with keeping() as made:
        yield made


@pytest.fixture
def app(registry: Registry) -> Starlette:
    app = Starlette(routes=registry.routes)
    install(app, registry.tokens, Metrics(CollectorRegistry()))
    return app


async def asking(app: Starlette, registry: Registry, role: str = "provider") -> httpx.AsyncClient:
    known = "adapter" if role == "adapter" else "provider"
    who = Client(f"{known}-{T1}", T1, known)
    token = await registry.tokens.issue(who, OF_ROLE[known])
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://registry.example/fhir/",
        headers={"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"},
    )


async def test_a_request_goes_on_with_the_trace_it_came_with(
    kept: Kept, app: Starlette, registry: Registry
) -> None:
    headers = {"traceparent": EXAMPLE, "tracestate": f"x={MARK}", "baggage": f"y={MARK}"}
    async with await asking(app, registry) as client:
        answer = await client.get(f"Task?patient.identifier=|{MARK}", headers=headers)
    one = kept.one("GET /fhir/Task")
    assert parent(one) == EXAMPLE
    assert kept.said("GET /fhir/Task") == {
        "http.request.method": "GET",
        "http.route": "/fhir/Task",
        "http.response.status_code": answer.status_code,
        "lfd.request_id": answer.headers["x-request-id"],
    }
    assert MARK not in one.to_json()


@pytest.mark.parametrize("method", ["GET", "DELETE", MARK])
async def test_what_is_nowhere_is_named_by_no_address(
    kept: Kept, app: Starlette, registry: Registry, method: str
) -> None:
    async with await asking(app, registry) as client:
        await client.request(method, f"http://registry.example/{MARK}")
        await client.request(method, MARK, headers={"X-Request-ID": MARK})
    assert len(kept.ended) == 2
    assert MARK not in "".join(one.to_json() for one in kept.ended)
    known = method if method != MARK else "other"
    assert {one.name.partition(" ")[0] for one in kept.ended} == {known}


async def test_from_the_message_to_the_notification(
    kept: Kept, app: Starlette, registry: Registry, receiver: Receiver, database_url: str
) -> None:
    async with await asking(app, registry) as client:
        await created(client, wanted(receiver.url))
    await receiver.until(lambda: len(receiver.received) == 1)
    assert "traceparent" not in receiver.received[0].headers, "nobody asked for a handshake"
    async with await asking(app, registry, "adapter") as adapter:
        answer = await adapter.post(
            "$process-message", json=IN_HOSPITAL, headers=FHIR | {"traceparent": EXAMPLE}
        )
    assert answer.status_code == 200, answer.text
    await receiver.until(lambda: len(receiver.received) == 2)
    (transaction,) = [
        one
        for one in kept.ended
        if one.name == "registry transaction" and EXAMPLE[3:35] in place(one)
    ]
    assert parent(transaction) == place(kept.one("POST /fhir/$process-message"))
    told = receiver.received[-1].headers["traceparent"]
    async with asyncio.timeout(30):
        while "registry notification" not in kept.names:
            await asyncio.sleep(0.01)
    notification = kept.one("registry notification")
    assert told == place(notification)
    assert parent(notification) == place(transaction) == parent(kept.one("registry matching"))
    assert kept.said("registry notification") == {
        "lfd.attempt": 1, "lfd.events": 1, "lfd.organisation": T1,
    }  # fmt: skip
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT traceparent FROM registry.subscription_event").fetchall()
    assert rows == [(place(transaction),)]


async def test_off_nothing_is_traced_stored_or_sent(
    app: Starlette, registry: Registry, receiver: Receiver, database_url: str
) -> None:
    async with await asking(app, registry) as client:
        await created(client, wanted(receiver.url))
    await receiver.until(lambda: len(receiver.received) == 1)
    async with await asking(app, registry, "adapter") as adapter:
        headers = FHIR | {"traceparent": EXAMPLE}
        await adapter.post("$process-message", json=IN_HOSPITAL, headers=headers)
    await receiver.until(lambda: len(receiver.received) == 2)
    assert "traceparent" not in receiver.received[-1].headers
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT traceparent FROM registry.subscription_event").fetchall()
    assert rows == [(None,)]
