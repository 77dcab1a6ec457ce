"""HTTP peers that are slow, greedy or mad: each is cut off, and good senders notice nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client import CollectorRegistry

from adapter.admission import AdmissionLimits
from adapter.door import Door
from adapter.metrics import Metrics
from adapter.security import Security
from adapter.tls import TlsFiles
from lfd.guarded_http import HttpLimits
from tests.adapter.certificates import Authority, client_context
from tests.adapter.http.served import HERE, HttpDoor, http_door
from tests.adapter.mllp.peers import Peer

Adt = Callable[..., bytes]
HEAD = b"POST /hl7v2 HTTP/1.1\r\nHost: adapter\r\n"
QUICK = HttpLimits(head=0.3)


@asynccontextmanager
async def peer(http: HttpDoor) -> AsyncGenerator[Peer]:
    reader, writer = await asyncio.open_connection(HERE, http.port)
    try:
        yield Peer(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def undisturbed(http: HttpDoor, adt: Adt) -> AsyncGenerator[None]:
    """Posts good messages all the while, and checks that each is answered."""
    ended = asyncio.Event()

    async def post() -> int:
        sent = 0
        while not ended.is_set():
            assert (await http.post(adt(f"good{sent}"))).status_code == 200
            sent += 1
        return sent

    posting = asyncio.create_task(post())
    try:
        yield
    finally:
        ended.set()
        assert await posting > 0


async def test_opened_and_never_used(door: Door, metrics: Metrics, adt: Adt) -> None:
    async with (
        http_door(door, metrics, limits=QUICK) as http,
        undisturbed(http, adt),
        peer(http) as silent,
    ):
        assert await silent.rest() == b""


@pytest.mark.parametrize("before", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"])
async def test_head_that_drips(door: Door, metrics: Metrics, adt: Adt, before: bytes) -> None:
    """The first request of a connection, and a later one."""
    async with (
        http_door(door, metrics, limits=QUICK) as http,
        undisturbed(http, adt),
        peer(http) as slow,
    ):
        slow.send(before)
        if before:
            async with asyncio.timeout(20):
                assert (await slow.reader.readline()).startswith(b"HTTP/1.1 404")
        await slow.drip(HEAD + b"X: " + b"x" * 100_000)
        assert b"HTTP/1.1" not in await slow.rest()


async def test_body_that_drips(
    door: Door, metrics: Metrics, adt: Adt, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        http_door(door, metrics, within=0.3) as http,
        undisturbed(http, adt),
        peer(http) as slow,
    ):
        slow.send(HEAD + b"Content-Length: 100000\r\n\r\n")
        await slow.drip(b"x" * 100_000)
        # The answer may be lost: a peer that goes on sending resets the connection.
        assert "status=408" in caplog.text
        assert all(control_id.startswith("good") for control_id in http.memory.kept)


async def test_body_that_never_comes_is_answered(door: Door, metrics: Metrics) -> None:
    async with http_door(door, metrics, within=0.3) as http, peer(http) as slow:
        slow.send(HEAD + b"Content-Length: 100000\r\n\r\nMSH|")
        assert (await slow.rest()).startswith(b"HTTP/1.1 408")


async def test_half_closed_in_the_middle_leaves_nothing(
    door: Door, metrics: Metrics, adt: Adt
) -> None:
    async with (
        http_door(door, metrics, within=0.3) as http,
        undisturbed(http, adt),
        peer(http) as half,
    ):
        half.send(HEAD + b"Content-Length: 1000\r\n\r\nMSH|")
        half.writer.write_eof()
        await half.rest()
        assert all(control_id.startswith("good") for control_id in http.memory.kept)


@pytest.mark.parametrize(
    "garbage", [b"\x0bMSH|MARKED\x1c\r", b"\x16\x03\x01\x02\x00" + b"x" * 512, b"MARKED / \r\n\r\n"]
)
async def test_what_is_no_http(
    door: Door, metrics: Metrics, adt: Adt, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        http_door(door, metrics, limits=QUICK) as http,
        undisturbed(http, adt),
        peer(http) as mad,
    ):
        mad.send(garbage)
        answer = await mad.rest()
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert "MARKED" not in caplog.text


async def test_one_address_cannot_take_all_connections(
    door: Door, metrics: Metrics, samples: CollectorRegistry, adt: Adt
) -> None:
    limits = HttpLimits(AdmissionLimits(connections=10, of_address=3))
    async with http_door(door, metrics, limits=limits) as http:
        async with peer(http), peer(http), peer(http), peer(http) as fourth:
            assert await fourth.rest() == b""
        async with asyncio.timeout(20):
            while not await _gets_in(http, adt("1")):
                await asyncio.sleep(0.01)
    labels = {"door": "http", "reason": "too-many-of-address"}
    refused = samples.get_sample_value("adapter_connections_refused_total", labels)
    assert refused is not None
    assert refused >= 1


async def _gets_in(http: HttpDoor, message: bytes) -> bool:
    try:
        return (await http.post(message)).status_code == 200
    except httpx.TransportError:
        return False


async def test_plain_text_to_a_tls_port(
    door: Door,
    metrics: Metrics,
    samples: CollectorRegistry,
    tmp_path_factory: pytest.TempPathFactory,
    adt: Adt,
) -> None:
    ours = Authority(tmp_path_factory.mktemp("tls"), "ours")
    pair = ours.server()
    security = Security(TlsFiles(pair.certificate, pair.key))
    async with http_door(door, metrics, security) as http:
        async with peer(http) as plain:
            plain.send(HEAD + b"Content-Length: 0\r\n\r\n")
            assert b"HTTP/1.1" not in await plain.rest()
        assert (await http.post(adt("1"), client_context(ours))).status_code == 200
    labels = {"door": "http", "reason": "handshake"}
    assert samples.get_sample_value("adapter_connections_refused_total", labels) == 1


async def test_handshake_that_is_never_finished(
    door: Door, metrics: Metrics, tmp_path_factory: pytest.TempPathFactory, adt: Adt
) -> None:
    ours = Authority(tmp_path_factory.mktemp("tls"), "ours")
    pair = ours.server()
    security = Security(TlsFiles(pair.certificate, pair.key))
    limits = HttpLimits(AdmissionLimits(handshake=0.3))
    async with http_door(door, metrics, security, limits) as http, peer(http) as stuck:
        stuck.send(b"\x16\x03\x01\x02\x00")
        assert await stuck.rest() == b""
        assert (await http.post(adt("1"), client_context(ours))).status_code == 200
