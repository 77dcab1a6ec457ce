"""Who gets in by HTTP: with TLS, a certificate or a token, and for which organisation."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from adapter.acknowledgement import read_answer
from adapter.door import Door
from adapter.metrics import Metrics
from adapter.security import Security
from adapter.tls import TlsFiles
from tests.adapter.certificates import Authority, client_context
from tests.adapter.http.served import ONLY_TOKENS, TOKEN, HttpDoor, http_door, sender_file

Adt = Callable[..., bytes]
BEARER = f"Bearer {TOKEN}"
OTHER = f"senders: [{{name: other, organisations: [RXA], tokens: [sha256: {'0' * 64}]}}]"


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def engines(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "engines")


@pytest.fixture
def files(ours: Authority, engines: Authority) -> TlsFiles:
    pair = ours.server()
    return TlsFiles(pair.certificate, pair.key, engines.file)


@pytest.fixture
def security(tmp_path: Path, files: TlsFiles) -> Security:
    """TLS with certificates or tokens."""
    return Security(files, sender_file(tmp_path))


async def accepted(http: HttpDoor, body: bytes, tls: ssl.SSLContext | None, **more: str) -> None:
    response = await http.post(body, tls, **more)
    assert response.status_code == 200
    assert read_answer(response.content).code == "AA"


async def test_a_certificate_gets_in(
    door: Door, metrics: Metrics, security: Security, ours: Authority, engines: Authority, adt: Adt
) -> None:
    tls = client_context(ours, engines.client("any", dns="engine.example"))
    async with http_door(door, metrics, security) as http:
        await accepted(http, adt("1"), tls)
        assert http.memory.kept == ["1"]


async def test_a_token_gets_in_without_a_certificate(
    door: Door, metrics: Metrics, security: Security, ours: Authority, adt: Adt
) -> None:
    async with http_door(door, metrics, security) as http:
        await accepted(http, adt("1"), client_context(ours), Authorization=BEARER)
        await accepted(http, adt("2"), client_context(ours), Authorization=f"bearer  {TOKEN}")


@pytest.mark.parametrize(
    "given", ["", "Bearer", f"Bearer {TOKEN}0", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN]
)
@pytest.mark.parametrize("size", [1, 100_000])
async def test_nobody_gets_in_without_either(
    door: Door,
    metrics: Metrics,
    samples: CollectorRegistry,
    security: Security,
    ours: Authority,
    adt: Adt,
    given: str,
    size: int,
) -> None:
    async with http_door(door, metrics, security) as http:
        headers = {"Authorization": given} if given else {}
        response = await http.post(adt("1") + b"x" * size, client_context(ours), **headers)
        assert response.status_code == 401
        challenge = 'Bearer realm="hl7v2"' + (', error="invalid_token"' if given else "")
        assert response.headers["WWW-Authenticate"] == challenge
        assert http.memory.kept == []
    assert samples.get_sample_value("adapter_http_unauthenticated_requests_total") == 1


async def test_a_wrong_token_is_not_made_good_by_a_certificate(
    door: Door, metrics: Metrics, security: Security, ours: Authority, engines: Authority, adt: Adt
) -> None:
    tls = client_context(ours, engines.client("any", dns="engine.example"))
    async with http_door(door, metrics, security) as http:
        assert (await http.post(adt("1"), tls, Authorization="Bearer x")).status_code == 401


@pytest.mark.parametrize("by", ["token", "certificate", "unknown certificate"])
async def test_another_organisation_is_forbidden_and_recorded(
    door: Door,
    metrics: Metrics,
    samples: CollectorRegistry,
    security: Security,
    ours: Authority,
    engines: Authority,
    adt: Adt,
    by: str,
) -> None:
    pair = engines.client("x", dns="engine.example" if by == "certificate" else "other.example")
    tls = client_context(ours, None if by == "token" else pair)
    headers = {"Authorization": BEARER} if by == "token" else {}
    async with http_door(door, metrics, security) as http:
        response = await http.post(adt("1", "RXB"), tls, **headers)
        assert response.status_code == 403
        assert not response.content.startswith(b"MSH")
        assert http.memory.kept == []
        name = f"certificate sha256:{pair.sha256}" if by == "unknown certificate" else "engine"
        assert http.memory.refused == [(name, "RXB")]
    label = "unknown" if by == "unknown certificate" else "engine"
    count = samples.get_sample_value("adapter_messages_forbidden_total", {"sender": label})
    assert count == 1


async def test_a_certificate_of_another_authority_does_not_get_to_ask(
    door: Door,
    metrics: Metrics,
    samples: CollectorRegistry,
    security: Security,
    ours: Authority,
    adt: Adt,
) -> None:
    tls = client_context(ours, ours.client("x", dns="engine.example"))
    async with http_door(door, metrics, security) as http:
        with pytest.raises(httpx.TransportError):
            await http.post(adt("1"), tls, Authorization=BEARER)
    labels = {"door": "http", "reason": "handshake"}
    assert samples.get_sample_value("adapter_connections_refused_total", labels) == 1


async def test_without_a_sender_file_any_certificate_of_the_authority_will_do(
    door: Door, metrics: Metrics, files: TlsFiles, ours: Authority, engines: Authority, adt: Adt
) -> None:
    async with http_door(door, metrics, Security(files)) as http:
        await accepted(http, adt("1"), client_context(ours, engines.client("any")))
        assert (await http.post(adt("2"), client_context(ours))).status_code == 401


async def test_tokens_alone(door: Door, metrics: Metrics, tmp_path: Path, adt: Adt) -> None:
    security = Security(senders=sender_file(tmp_path, ONLY_TOKENS))
    async with http_door(door, metrics, security) as http:
        await accepted(http, adt("1"), None, Authorization=BEARER)
        assert (await http.post(adt("2"))).status_code == 401


async def test_a_token_that_is_taken_away_is_worth_nothing(
    door: Door, metrics: Metrics, tmp_path: Path, adt: Adt
) -> None:
    security = Security(senders=sender_file(tmp_path, ONLY_TOKENS))
    async with http_door(door, metrics, security) as http:
        await accepted(http, adt("1"), None, Authorization=BEARER)
        sender_file(tmp_path, OTHER)
        assert security.reload()
        assert (await http.post(adt("2"), Authorization=BEARER)).status_code == 401


async def test_without_anything_configured_anybody_gets_in(
    door: Door, metrics: Metrics, adt: Adt
) -> None:
    async with http_door(door, metrics) as http:
        await accepted(http, adt("1"), None)
