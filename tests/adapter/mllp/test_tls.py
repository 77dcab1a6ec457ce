"""MLLP over TLS and mutual TLS: who gets in, who does not, and that the others notice nothing."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from adapter.admission import AdmissionLimits
from adapter.certificate import Certificate, Name
from adapter.metrics import Metrics
from adapter.mllp.client import Client, NoAnswer
from adapter.mllp.framing import Frame, Oversize, frame
from adapter.mllp.server import Server
from adapter.security import Security
from adapter.tls import TlsFiles
from tests.adapter.certificates import Authority, Pair, client_context
from tests.adapter.mllp.peers import HERE, echo, listening, peer, serving, undisturbed


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def engines(tmp_path: Path) -> Authority:
    """The authority of the senders' certificates."""
    return Authority(tmp_path, "engines")


@pytest.fixture
def strangers(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "strangers")


@pytest.fixture
def security(ours: Authority, engines: Authority) -> Security:
    pair = ours.server()
    return Security(TlsFiles(pair.certificate, pair.key, engines.file))


def refusals(samples: CollectorRegistry) -> float:
    labels = {"door": "mllp", "reason": "handshake"}
    return samples.get_sample_value("adapter_connections_refused_total", labels) or 0


async def refused(server: Server, tls: ssl.SSLContext) -> None:
    """With TLS 1.3 a client hears that its certificate is not taken when it reads."""
    with pytest.raises((NoAnswer, OSError)):
        async with Client(HERE, server.port, timeout=20, tls=tls) as client:
            await client.send(b"let me in")


async def test_tls_without_client_certificates(metrics: Metrics, ours: Authority) -> None:
    pair = ours.server()
    alone = Security(TlsFiles(pair.certificate, pair.key))
    async with (
        serving(metrics, listening(alone.mllp_context)) as server,
        Client(HERE, server.port, tls=client_context(ours)) as client,
    ):
        assert await client.send(b"secret") == b"secret"


async def test_the_certificate_of_the_sender_is_known_with_each_message(
    metrics: Metrics, security: Security, ours: Authority, engines: Authority
) -> None:
    seen: list[Certificate | None] = []

    async def note(event: Frame | Oversize, certificate: Certificate | None) -> list[bytes]:
        seen.append(certificate)
        return [b"ok"]

    pair = engines.client("Engine", dns="Engine.example", uri="urn:engine")
    async with (
        serving(metrics, listening(security.mllp_context), note) as server,
        Client(HERE, server.port, tls=client_context(ours, pair)) as client,
    ):
        await client.send(b"1")
    names = {
        Name("cn", "Engine"), Name("dns", "engine.example"), Name("uri", "urn:engine"),
        Name("sha256", pair.sha256),
    }  # fmt: skip
    assert seen == [Certificate(frozenset(names), pair.sha256)]


def none(_: Authority, __: Authority) -> Pair | None:
    return None


def expired(engines: Authority, _: Authority) -> Pair | None:
    return engines.client("engine", ended=True)


def of_another_authority(_: Authority, strangers: Authority) -> Pair | None:
    return strangers.client("engine")


def of_a_server(engines: Authority, _: Authority) -> Pair | None:
    return engines.server("engine")


@pytest.mark.parametrize("shown", [none, expired, of_another_authority, of_a_server])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_without_a_good_certificate_nobody_gets_in(
    metrics: Metrics,
    samples: CollectorRegistry,
    security: Security,
    ours: Authority,
    engines: Authority,
    strangers: Authority,
    shown: Callable[[Authority, Authority], Pair | None],
    version: ssl.TLSVersion,
) -> None:
    theirs = client_context(ours, shown(engines, strangers))
    theirs.maximum_version = version
    good = client_context(ours, engines.client("good"))
    async with (
        serving(metrics, listening(security.mllp_context)) as server,
        Client(HERE, server.port, tls=good) as client,
        undisturbed(client),
    ):
        await refused(server, theirs)
    assert refusals(samples) == 1


async def test_plain_text_to_a_tls_port(
    metrics: Metrics,
    samples: CollectorRegistry,
    security: Security,
    ours: Authority,
    engines: Authority,
    caplog: pytest.LogCaptureFixture,
) -> None:
    good = client_context(ours, engines.client("good"))
    async with (
        serving(metrics, listening(security.mllp_context)) as server,
        Client(HERE, server.port, tls=good) as client,
        undisturbed(client),
        peer(server) as plain,
    ):
        plain.send(frame(b"MSH|^~\\&|MARKED"))
        assert frame(b"") not in await plain.rest()
    assert refusals(samples) == 1
    assert "reason=handshake" in caplog.text
    assert "MARKED" not in caplog.text


@pytest.mark.parametrize("hello", [b"", b"\x16\x03\x01\x02\x00"], ids=["nothing", "a beginning"])
async def test_handshake_that_is_never_finished(
    metrics: Metrics,
    samples: CollectorRegistry,
    security: Security,
    ours: Authority,
    engines: Authority,
    hello: bytes,
) -> None:
    limits = AdmissionLimits(handshake=0.3)
    good = client_context(ours, engines.client("good"))
    async with (
        serving(metrics, listening(security.mllp_context, limits)) as server,
        Client(HERE, server.port, tls=good) as client,
        undisturbed(client),
        peer(server) as stuck,
    ):
        stuck.send(hello)
        assert await stuck.rest() == b""
    assert refusals(samples) == 1


async def test_unfinished_handshakes_count_as_connections(
    metrics: Metrics, security: Security, ours: Authority, engines: Authority
) -> None:
    limits = AdmissionLimits(connections=9, of_address=3)
    good = client_context(ours, engines.client("good"))
    async with (
        serving(metrics, listening(security.mllp_context, limits)) as server,
        Client(HERE, server.port, tls=good) as client,
        undisturbed(client),
        peer(server),
        peer(server),
        peer(server) as fourth,
    ):
        assert await fourth.rest() == b""


async def test_stop_does_not_wait_for_a_handshake(metrics: Metrics, security: Security) -> None:
    server = Server(listening(security.mllp_context), echo, metrics)
    await server.start()
    async with peer(server) as stuck:
        stuck.send(b"\x16\x03\x01\x02\x00")
        await asyncio.sleep(0.05)
        await server.stop(within=1000)
        assert await stuck.rest() == b""


async def test_a_new_certificate_is_shown_to_the_next_connection_and_the_old_goes_on(
    metrics: Metrics, tmp_path: Path, ours: Authority, strangers: Authority
) -> None:
    pair = ours.server()
    security = Security(TlsFiles(pair.certificate, pair.key))
    async with (
        serving(metrics, listening(security.mllp_context)) as server,
        Client(HERE, server.port, tls=client_context(ours)) as old,
    ):
        assert await old.send(b"1") == b"1"
        renewed = strangers.server()
        renewed.certificate.replace(pair.certificate)
        renewed.key.replace(pair.key)
        assert security.reload()
        async with Client(HERE, server.port, tls=client_context(strangers)) as new:
            assert await new.send(b"2") == b"2"
        assert await old.send(b"3") == b"3"
        await refused(server, client_context(ours))


async def test_an_authority_that_is_removed_lets_nobody_in_again_not_even_by_resumption(
    metrics: Metrics, security: Security, ours: Authority, engines: Authority, strangers: Authority
) -> None:
    theirs = client_context(ours, engines.client("good"))
    theirs.maximum_version = ssl.TLSVersion.TLSv1_2
    async with serving(metrics, listening(security.mllp_context)) as server:
        session = await asyncio.to_thread(_session, server.port, theirs)
        engines.file.write_text(strangers.file.read_text())
        assert security.reload()
        with pytest.raises(OSError):
            await asyncio.to_thread(_session, server.port, theirs, session)


def _session(
    port: int, tls: ssl.SSLContext, resumed: ssl.SSLSession | None = None
) -> ssl.SSLSession | None:
    """Sends one message on a blocking socket, which can resume a session."""
    with (
        socket.create_connection((HERE, port), timeout=20) as plain,
        tls.wrap_socket(plain, server_hostname=HERE, session=resumed) as connection,
    ):
        connection.sendall(frame(b"1"))
        if connection.recv(100) != frame(b"1"):
            raise ConnectionError
        return connection.session
