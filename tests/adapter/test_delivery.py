"""Delivery: nothing is lost while the registry is away; only its own fault ends a message."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import chain

import httpx
import orjson
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpx import HTTPXMock

from adapter import backoff, quarantine
from adapter.database import connect
from adapter.delivery import Delivery, Parcel, loads
from adapter.metrics import Metrics
from adapter.registry_client import (
    Delivered,
    Later,
    Outcome,
    Refused,
    RegistryClient,
    Unavailable,
    judge,
    outcome_text,
    retry_after,
)
from adapter.token import AccessToken, TokenRefused, TokenSource
from tests.adapter.waited_on import WaitedOn

BASE = "https://registry.example/fhir"
ADDRESS = f"{BASE}/$process-message"
OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [
        {"severity": "error", "code": "invalid", "diagnostics": "Bundle.entry[0] is wrong"},
        {"severity": "error", "code": "value", "details": {"text": "and so is the rest"}},
    ],
}


def put(database: str, count: int) -> list[int]:
    """Fills the outbox; returns the ids."""
    with psycopg.connect(database) as connection:
        ids: list[int] = []
        for n in range(count):
            row = connection.execute(
                "INSERT INTO adapter.inbox (organisation, control_id, trigger, sha256, raw, state)"
                " VALUES ('RXA', %s, 'A03', %s, '', 'converted') RETURNING id",
                [str(n), hashlib.sha256(str(n).encode()).digest()],
            ).fetchone()
            assert row is not None
            ids.append(row[0])
            connection.execute(
                "INSERT INTO adapter.outbox (inbox_id, bundle) VALUES (%s, %s)",
                [row[0], b'{"n":%d}' % n],
            )
    return ids


def fetch(database: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


def states(database: str) -> list[object]:
    return [state for (state,) in fetch(database, "SELECT state FROM adapter.inbox ORDER BY id")]


class Registry:
    """A registry that answers what it is told to, and remembers what it got."""

    def __init__(self) -> None:
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(200)
        self.requests: list[httpx.Request] = []
        self.batches: list[httpx.Request] = []
        self.tokens = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer(request)

    def batch(self, request: httpx.Request) -> httpx.Response:
        """Answers each entry as if it had come alone."""
        self.batches.append(request)
        responses: list[dict[str, object]] = []
        for entry in orjson.loads(request.content)["entry"]:
            assert entry["request"] == {"method": "POST", "url": "$process-message"}
            named = {"X-Request-ID": entry["fullUrl"].removeprefix("urn:uuid:")}
            alone = httpx.Request(
                "POST", ADDRESS, headers={**request.headers, **named},
                content=orjson.dumps(entry["resource"]),
            )  # fmt: skip
            responses.append({"status": str(self(alone).status_code)})
        answer = {"resourceType": "Bundle", "type": "batch-response"}
        return httpx.Response(200, json=answer | {"entry": [{"response": r} for r in responses]})

    async def token(self) -> AccessToken:
        self.tokens += 1
        return AccessToken(f"t{self.tokens}", 300)


@pytest.fixture
def registry(httpx_mock: HTTPXMock) -> Registry:
    registry = Registry()
    httpx_mock.add_callback(registry, url=ADDRESS, is_optional=True, is_reusable=True)
    httpx_mock.add_callback(registry.batch, url=BASE, is_optional=True, is_reusable=True)
    return registry


@asynccontextmanager
async def delivering(
    database: str, registry: Registry, metrics: Metrics, in_flight: int = 8
) -> AsyncGenerator[Delivery]:
    async with httpx.AsyncClient() as http:
        client = RegistryClient(http, BASE, TokenSource(registry.token))
        yield Delivery(database, client, metrics, asyncio.Event(), in_flight)


@asynccontextmanager
async def running(delivery: Delivery) -> AsyncGenerator[None]:
    task = asyncio.create_task(delivery.run())
    try:
        yield
    finally:
        delivery.stop()
        await task


async def once(database: str, delivery: Delivery) -> Sequence[Outcome]:
    async with await connect(database, "test") as connection:
        return await delivery.deliver(connection)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


async def test_delivered(database: str, registry: Registry, metrics: Metrics) -> None:
    put(database, 20)
    async with delivering(database, registry, metrics) as delivery:
        assert await once(database, delivery) == [Delivered()] * 20
    assert states(database) == ["delivered"] * 20
    assert fetch(database, "SELECT * FROM adapter.outbox") == []
    assert {request.content for request in registry.requests} == {
        b'{"n":%d}' % n for n in range(20)
    }
    request = registry.requests[0]
    assert request.headers["Content-Type"] == "application/fhir+json"
    assert request.headers["Authorization"] == "Bearer t1"
    assert len({r.headers["X-Request-ID"] for r in registry.requests}) == 20
    # Three with each of eight requests at most.
    assert len(registry.batches) == 7
    assert registry.tokens == 1


@pytest.mark.parametrize("knows", ["no such address", "no such entry", "another answer", "no FHIR"])
async def test_a_registry_that_takes_no_batch_gets_each_alone(
    database: str, registry: Registry, metrics: Metrics, httpx_mock: HTTPXMock, knows: str
) -> None:
    put(database, 20)
    refusals = [{"response": {"status": "422"}}] * 3
    answers = {
        "no such address": httpx.Response(405, json=OUTCOME),
        "no such entry": httpx.Response(200, json={"entry": refusals}),
        "another answer": httpx.Response(200, json={"entry": refusals[:1]}),
        "no FHIR": httpx.Response(200, text="<h1>proxy</h1>"),
    }
    httpx_mock.reset()
    httpx_mock.add_callback(registry, url=ADDRESS, is_reusable=True)
    httpx_mock.add_callback(lambda _: answers[knows], url=BASE, is_reusable=True)
    async with delivering(database, registry, metrics) as delivery:
        assert await once(database, delivery) == [Delivered()] * 20
    assert len(registry.requests) == 20


async def test_what_is_refused_among_others_is_asked_for_alone_and_then_believed(
    database: str, registry: Registry, metrics: Metrics
) -> None:
    put(database, 20)
    registry.answer = lambda request: (
        httpx.Response(422, json=OUTCOME) if request.content == b'{"n":7}' else httpx.Response(200)
    )
    async with delivering(database, registry, metrics) as delivery:
        await once(database, delivery)
    assert states(database) == ["delivered"] * 7 + ["quarantined"] + ["delivered"] * 12
    with psycopg.connect(database) as connection:
        (refused,) = quarantine.messages(connection)
    assert "Bundle.entry[0] is wrong; and so is the rest" in refused.text
    assert [r.content for r in registry.requests].count(b'{"n":7}') == 2


async def test_where_the_registry_goes_away_after_a_batch_one_message_finds_out(
    database: str, metrics: Metrics, httpx_mock: HTTPXMock
) -> None:
    put(database, 20)
    taken = {"response": {"status": "200 OK"}}
    refused = {"response": {"status": "422"}}
    httpx_mock.add_response(url=BASE, json={"entry": [taken, *[refused] * 18, taken]})
    httpx_mock.add_exception(httpx.ReadTimeout("silent"), url=ADDRESS)
    registry = Registry()
    async with delivering(database, registry, metrics, in_flight=1) as delivery:
        outcomes = await once(database, delivery)
    away = Unavailable("ReadTimeout")
    assert outcomes == [Delivered(), *[away] * 18, Delivered()]
    assert len(httpx_mock.get_requests(url=ADDRESS)) == 1
    assert states(database) == ["delivered", *["converted"] * 18, "delivered"]


async def test_what_was_not_taken_together_goes_alone_the_next_time(
    database: str, registry: Registry, metrics: Metrics
) -> None:
    put(database, 20)

    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("silent")

    registry.answer = away
    async with delivering(database, registry, metrics, in_flight=1) as delivery:
        await once(database, delivery)
        assert len(registry.batches) == 1
        registry.answer = lambda _: httpx.Response(200)
        while set(states(database)) != {"delivered"}:
            await once(database, delivery)
    assert len(registry.batches) == 1


@given(
    parcels=st.lists(st.builds(Parcel, st.integers(1), st.uuids(), st.binary(max_size=3),
                               st.integers(0, 3), st.booleans(), st.sampled_from([None, "t"]))),
    requests=st.integers(1, 9),
)  # fmt: skip
def test_everything_is_sent_once_and_together_only_what_may_be(
    parcels: list[Parcel], requests: int
) -> None:
    made = loads(parcels, requests)
    assert sorted(map(id, chain(*made))) == sorted(map(id, parcels))
    assert all(len(load) == 1 or not any(p.goes_alone for p in load) for load in made)
    shared = [load for load in made if not load[0].goes_alone]
    assert len(shared) <= requests
    assert list(chain(*shared)) == [parcel for parcel in parcels if not parcel.goes_alone]


async def test_refused_is_quarantined_with_what_the_registry_says(
    database: str, registry: Registry, metrics: Metrics
) -> None:
    ids = put(database, 2)
    registry.answer = lambda request: (
        httpx.Response(422, json=OUTCOME) if request.content == b'{"n":0}' else httpx.Response(200)
    )
    async with delivering(database, registry, metrics) as delivery:
        await once(database, delivery)
    assert states(database) == ["quarantined", "delivered"]
    assert fetch(database, "SELECT * FROM adapter.outbox") == []
    with psycopg.connect(database) as connection:
        (refused,) = quarantine.messages(connection)
    assert refused.id == ids[0]
    assert "422" in refused.text
    assert "Bundle.entry[0] is wrong; and so is the rest" in refused.text


async def test_registry_away_then_back_delivers_all(
    database: str, registry: Registry, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapter.delivery.wait", lambda attempts: 0.05)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    put(database, 200)

    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    registry.answer = away
    async with delivering(database, registry, metrics) as delivery, running(delivery):
        await until(lambda: len(registry.requests) > 12)
        tried = len(registry.requests)
        assert set(states(database)) == {"converted"}
        assert fetch(database, "SELECT DISTINCT attempts FROM adapter.outbox") == [(0,)]
        registry.answer = lambda _: httpx.Response(200)
        await until(lambda: set(states(database)) == {"delivered"})
    # One batch of eight in flight found out; after that it was one probe at a time.
    assert tried < 30
    assert fetch(database, "SELECT * FROM adapter.outbox") == []


async def test_message_that_topples_the_registry_does_not_hold_up_the_others(
    database: str, registry: Registry, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapter.delivery.wait", lambda attempts: 0.01)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    put(database, 100)

    def topples(request: httpx.Request) -> httpx.Response:
        if request.content == b'{"n":0}':
            raise httpx.ReadTimeout("silent")
        return httpx.Response(200)

    registry.answer = topples
    async with delivering(database, registry, metrics) as delivery, running(delivery):
        await until(lambda: states(database).count("delivered") == 99)


async def test_request_has_the_same_name_on_every_attempt(
    database: str, registry: Registry, metrics: Metrics
) -> None:
    put(database, 1)
    registry.answer = lambda _: httpx.Response(503)
    async with delivering(database, registry, metrics) as delivery:
        await once(database, delivery)
        await once(database, delivery)
    first, second = (request.headers["X-Request-ID"] for request in registry.requests)
    assert first == second


async def test_server_error_postpones_that_message_alone(
    database: str, registry: Registry, metrics: Metrics
) -> None:
    put(database, 3)
    registry.answer = lambda request: httpx.Response(500 if request.content == b'{"n":1}' else 200)
    async with delivering(database, registry, metrics) as delivery:
        await once(database, delivery)
        assert await once(database, delivery) == []
    assert states(database) == ["delivered", "converted", "delivered"]
    query = "SELECT attempts, last_error, next_attempt_at > clock_timestamp() FROM adapter.outbox"
    assert fetch(database, query) == [(1, "HTTP 500", True)]


async def test_expired_token_is_replaced_once(
    database: str, registry: Registry, metrics: Metrics
) -> None:
    put(database, 8)
    registry.answer = lambda request: httpx.Response(
        401 if request.headers["Authorization"] == "Bearer t1" else 200
    )
    async with delivering(database, registry, metrics) as delivery:
        await once(database, delivery)
    assert states(database) == ["delivered"] * 8
    assert registry.tokens == 2


async def test_token_refused_blames_no_message(
    database: str, registry: Registry, metrics: Metrics
) -> None:
    put(database, 2)

    async def refused() -> AccessToken:
        raise TokenRefused("HTTP 400: invalid_client")

    async with httpx.AsyncClient() as http:
        client = RegistryClient(http, BASE, TokenSource(refused))
        delivery = Delivery(database, client, metrics, asyncio.Event(), 1)
        assert await once(database, delivery) == [Unavailable("HTTP 400: invalid_client")] * 2
    assert states(database) == ["converted", "converted"]
    assert registry.requests == []


async def test_new_message_wakes_the_worker(
    database: str, registry: Registry, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By itself it would look in an hour: what comes of it comes of being woken.
    monkeypatch.setattr("adapter.delivery.LOOK_EVERY", 3600.0)
    wake = WaitedOn()
    async with httpx.AsyncClient() as http:
        client = RegistryClient(http, BASE, TokenSource(registry.token))
        async with running(Delivery(database, client, metrics, wake)):
            await wake.waited.wait()
            put(database, 1)
            wake.set()
            await until(lambda: bool(registry.requests))


async def test_killed_connection_delivers_again_and_ends_the_same(
    database: str, registry: Registry, metrics: Metrics
) -> None:
    put(database, 1)

    def kill(_: httpx.Request) -> httpx.Response:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'adapter delivery' AND datname = current_database()"
            )
        registry.answer = lambda _: httpx.Response(200)
        return httpx.Response(200)

    registry.answer = kill
    async with delivering(database, registry, metrics) as delivery, running(delivery):
        await until(lambda: states(database) == ["delivered"])
    assert len(registry.requests) == 2


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Delivered),
        (202, Delivered),
        (302, Unavailable),
        (400, Refused),
        (401, Unavailable),
        (403, Unavailable),
        (404, Unavailable),
        (408, Unavailable),
        (409, Refused),
        (413, Refused),
        (422, Refused),
        (429, Unavailable),
        (500, Later),
        (501, Later),
        (503, Unavailable),
    ],
)
def test_what_an_answer_means(status: int, outcome: type) -> None:
    assert isinstance(judge(httpx.Response(status)), outcome)


def test_refusal_of_our_rights_is_about_the_message_only_when_it_says_so() -> None:
    assert isinstance(judge(httpx.Response(403, json=OUTCOME)), Refused)
    assert isinstance(judge(httpx.Response(403, text="<h1>proxy</h1>")), Unavailable)


def test_retry_after() -> None:
    assert retry_after(None) is None
    assert retry_after("7") == 7
    assert retry_after("-7") == 0
    assert retry_after("100000") == 300
    assert retry_after("nan") is None
    assert retry_after("soon") is None
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 50 < (retry_after(later) or 0) <= 60
    busy = judge(httpx.Response(429, headers={"Retry-After": "5"}))
    assert busy == Unavailable("HTTP 429", 5)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", ""),
        (b"[1]", ""),
        (b'{"resourceType":"Patient"}', ""),
        (b'{"resourceType":"OperationOutcome"}', "no details"),
        (b'{"resourceType":"OperationOutcome","issue":[1,{"code":"invalid"}]}', "invalid"),
        (b'{"resourceType":"OperationOutcome","issue":[{"diagnostics":"a\\u0000b"}]}', "ab"),
    ],
)
def test_outcome_text(body: bytes, text: str) -> None:
    assert outcome_text(body) == text


def test_back_off_grows_to_its_cap() -> None:
    waits = [backoff.wait(n) for n in range(1, 100)]
    assert 0.25 <= waits[0] <= 0.5
    assert all(15 <= each <= 30 for each in waits[10:])


def test_our_own_database_is_never_waited_for_longer_than_a_standby_takes() -> None:
    waits = [backoff.wait(n, cap=backoff.OWN_DATABASE_CAP) for n in range(1, 100)]
    assert all(0.25 <= each <= 1.0 for each in waits)


async def test_a_slow_answer_holds_up_no_other_batch(
    database: str, httpx_mock: HTTPXMock, metrics: Metrics
) -> None:
    put(database, 2)
    with psycopg.connect(database) as connection:
        connection.execute(
            "UPDATE adapter.outbox SET next_attempt_at = 'infinity' WHERE bundle = '{\"n\":1}'"
        )
    asked, answers, wake = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.content == b'{"n":0}':
            asked.set()
            await answers.wait()
        return httpx.Response(200)

    async def token() -> AccessToken:
        return AccessToken("t", 300)

    httpx_mock.add_callback(answer, url=ADDRESS, is_reusable=True)
    async with httpx.AsyncClient() as http:
        client = RegistryClient(http, BASE, TokenSource(token))
        async with running(Delivery(database, client, metrics, wake)):
            await asked.wait()
            with psycopg.connect(database) as connection:
                connection.execute(
                    "UPDATE adapter.outbox SET next_attempt_at = now() WHERE bundle = '{\"n\":1}'"
                )
            wake.set()
            await until(lambda: states(database) == ["converted", "delivered"])
            answers.set()
            await until(lambda: states(database) == ["delivered", "delivered"])
