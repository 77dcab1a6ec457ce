"""MLLP over TLS: the same, and nothing without a handshake."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapter.metrics import Metrics
from adapter.mllp.client import Client, NoAnswer
from adapter.mllp.framing import Frame, Oversize
from adapter.mllp.server import Listening, Server

HERE = "127.0.0.1"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a key and its self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "adapter")])
    here = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(HERE))])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + signed.public_bytes(Encoding.PEM))
    return path


async def test_tls(metrics: Metrics, certificate: Path) -> None:
    async def echo(event: Frame | Oversize) -> list[bytes]:
        return [event.content] if isinstance(event, Frame) else []

    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate)
    server = Server(Listening(HERE, 0, tls=ours), echo, metrics)
    await server.start()
    try:
        theirs = ssl.create_default_context(cafile=str(certificate))
        async with Client(HERE, server.port, tls=theirs) as client:
            assert await client.send(b"secret") == b"secret"
        async with Client(HERE, server.port, timeout=5) as plain:
            with pytest.raises(NoAnswer):
                await plain.send(b"open")
    finally:
        await server.stop()
