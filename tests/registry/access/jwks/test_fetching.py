"""Keys fetched over real connections, from servers that mean well and from others."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey

from registry.access.jwks.fetching import FetchLimits, JwksFetcher, JwksUnavailable
from registry.outgoing.address import AllowedHosts
from tests.registry.access.jwks.conftest import answer, public, started

if TYPE_CHECKING:
    from tests.registry.access.jwks.conftest import KeyServer

KEY = ECKey.generate_key("P-384")


async def unavailable(fetcher: JwksFetcher, url: str) -> str:
    with pytest.raises(JwksUnavailable) as caught:
        await fetcher.fetch(url)
    return str(caught.value)


async def sends(server: KeyServer, raw: bytes) -> str:
    """What is said of an answer of the server."""

    async def behaviour(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    server.behaviour = behaviour
    return await unavailable(server.fetcher(), server.url)


async def test_fetches(key_server: KeyServer) -> None:
    key_server.keys = [public("a", KEY), {"kty": "OKP", "kid": "odd"}]
    fetched = await key_server.fetcher().fetch(f"{key_server.url}?v=1")
    assert [key.name for key in fetched.keys] == ["a"]
    assert fetched.keep == 300
    (request,) = key_server.requests
    assert request.startswith(b"GET /jwks?v=1 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{key_server.port}\r\n".encode() in request


@pytest.mark.parametrize(
    ("headers", "keep"),
    [
        ({"Cache_Control": "max-age=120"}, 120),
        ({"Cache_Control": "public, Max-Age=120, must-revalidate"}, 120),
        ({"Cache_Control": "max-age=120", "Age": "50"}, 70),
        ({"Cache_Control": "max-age=31536000"}, 3600),
        ({"Cache_Control": "max-age=0"}, 30),
        ({"Cache_Control": "no-store"}, 30),
        ({"Cache_Control": "no-cache, max-age=600"}, 30),
        ({"Cache_Control": "max-age=600", "Age": "99999999999"}, 30),
        ({"Cache_Control": "max-age=-5"}, 300),
        ({"Cache_Control": "max-age=x"}, 300),
    ],
)
async def test_keeps_them_as_long_as_their_owner_says_within_bounds(
    key_server: KeyServer, headers: dict[str, str], keep: float
) -> None:
    key_server.headers = headers
    assert (await key_server.fetcher().fetch(key_server.url)).keep == keep


async def test_follows_no_redirect(key_server: KeyServer) -> None:
    elsewhere = answer(b"", "302 Found", Location=f"{key_server.url}2")
    assert "HTTP 302" in await sends(key_server, elsewhere)
    assert len(key_server.requests) == 1


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oh", "204 No Content", "206 Partial"])
async def test_other_statuses(key_server: KeyServer, status: str) -> None:
    assert "HTTP " in await sends(key_server, answer(b'{"keys":[]}', status))


async def test_other_content(key_server: KeyServer) -> None:
    assert "not JSON" in await sends(key_server, answer(b"{}", content_type="text/html"))
    assert "not JSON" in await sends(key_server, answer(b"<html>"))
    assert "Key Set" in await sends(key_server, answer(b'{"kty": "EC"}'))
    assert "not JSON" in await sends(key_server, answer(b"[" * 100_000))
    assert "no answer" in await sends(key_server, b"220 smtp.example ESMTP\r\n")
    zipped = answer(gzip.compress(b'{"keys":[]}'), Content_Encoding="gzip")
    assert "compressed" in await sends(key_server, zipped)


async def test_jwk_set_json_is_json(key_server: KeyServer) -> None:
    async def behaviour(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b'{"keys":[]}', content_type="application/jwk-set+json; charset=utf-8"))

    key_server.behaviour = behaviour
    assert (await key_server.fetcher().fetch(key_server.url)).keys == ()


async def test_stops_reading_what_is_too_long(key_server: KeyServer) -> None:
    written = 0

    async def behaviour(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            writer.write(b" " * 65536)
            written += 65536
            await writer.drain()

    key_server.behaviour = behaviour
    assert "longer than" in await unavailable(key_server.fetcher(), key_server.url)
    assert written < 100_000_000


async def test_waits_no_longer_than_its_limits(key_server: KeyServer) -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    async def drop_by_drop(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    for behaviour, limits in (
        (silent, FetchLimits(whole=60, step=0.2)),
        (drop_by_drop, FetchLimits(whole=0.5, step=60)),
    ):
        key_server.behaviour = behaviour
        said = await unavailable(key_server.fetcher(limits), key_server.url)
        assert said.startswith(("no answer (ReadTimeout)", "no whole answer"))


async def test_nobody_is_asked_who_is_not_on_the_list(key_server: KeyServer) -> None:
    said = await unavailable(JwksFetcher(AllowedHosts.of(["keys.example"])), key_server.url)
    assert "--jwks-host" in said
    assert key_server.requests == []


async def test_a_name_that_leads_inside_is_not_followed(key_server: KeyServer) -> None:
    port = key_server.port
    hosts = AllowedHosts.of([f"keys.example:{port}"])
    for found in (["127.0.0.1"], ["10.0.0.8"], ["93.184.216.34", "169.254.169.254"], []):

        async def resolve(host: str, port: int, found: list[str] = found) -> list[str]:
            return found

        fetcher = JwksFetcher(hosts, resolve=resolve)
        said = await unavailable(fetcher, f"https://keys.example:{port}/jwks")
        assert "not public" in said
    assert key_server.requests == []


async def test_a_name_is_resolved_once_and_its_address_is_the_one_connected_to(
    key_server: KeyServer,
) -> None:
    """A name server that answers with another address the second time has no second time."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    fetcher = JwksFetcher(key_server.hosts, resolve=resolve)
    await fetcher.fetch(f"http://localhost:{key_server.port}/jwks")
    assert asked == ["localhost"]
    assert f"Host: localhost:{key_server.port}\r\n".encode() in key_server.requests[0]


async def test_the_next_address_of_a_host_where_one_is_closed(key_server: KeyServer) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.3", "127.0.0.1"]

    fetcher = JwksFetcher(key_server.hosts, resolve=resolve)
    await fetcher.fetch(f"http://localhost:{key_server.port}/jwks")
    assert len(key_server.requests) == 1


async def test_a_host_without_address_and_a_closed_port(key_server: KeyServer) -> None:
    hosts = AllowedHosts.of(["no-such-host.invalid", "127.0.0.1:1"])
    fetcher = JwksFetcher(hosts)
    assert "no answer" in await unavailable(fetcher, "https://no-such-host.invalid/")
    assert "no answer" in await unavailable(fetcher, "http://127.0.0.1:1/")


def certified(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for a name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / f"{name}.crt", folder / f"{name}.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, private


@pytest.mark.parametrize(("name", "is_good"), [("localhost", True), ("keys.example", False)])
async def test_the_certificate_must_be_for_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_good: bool
) -> None:
    """We connect to an address, and the certificate still has to be the name's."""
    from tests.registry.access.jwks.conftest import KeyServer

    certificate, private = certified(tmp_path, name)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    server = KeyServer(keys=[public("a", KEY)])
    listening = await started(server, context)
    url = f"https://localhost:{server.port}/jwks"
    if is_good:
        assert len((await server.fetcher().fetch(url)).keys) == 1
    else:
        assert "ConnectError" in await unavailable(server.fetcher(), url)
        assert server.requests == []
    listening.close()
