"""Certificates and sender file together: used as a whole, reloaded as a whole."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from adapter.metrics import Metrics
from adapter.security import Security, SecurityError
from adapter.tls import TlsFiles
from tests.adapter.certificates import Authority

ENGINE = "engine.rxa.example"
RXA = f"senders:\n  - {{name: engine, organisations: [RXA], certificates: [dns: {ENGINE}]}}\n"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ca")


@pytest.fixture
def files(tmp_path: Path, authority: Authority) -> TlsFiles:
    """Our certificate at a fixed place, to be replaced there."""
    pair = authority.server()
    return TlsFiles(
        pair.certificate.rename(tmp_path / "ours.crt"),
        pair.key.rename(tmp_path / "ours.key"),
        authority.file,
    )


@pytest.fixture
def senders(tmp_path: Path) -> Path:
    path = tmp_path / "senders.yaml"
    path.write_text(RXA)
    return path


def test_without_files_nobody_is_asked() -> None:
    nothing = Security()
    assert not nothing.has_tls
    assert not nothing.authenticates_http
    assert nothing.sender_of_certificate(None) is None
    assert nothing.sender_of_token("x" * 64) is None


def test_contexts_are_modern_and_ask_for_certificates(files: TlsFiles) -> None:
    security = Security(files)
    mllp, http = security.mllp_context(), security.http_context()
    for context in (mllp, http):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        names = [str(cipher["name"]) for cipher in context.get_ciphers()]
        assert names
        assert not [name for name in names if "RC4" in name or "NULL" in name or "3DES" in name]
    assert (mllp.verify_mode, http.verify_mode) == (ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL)
    alone = Security(TlsFiles(files.certificate, files.key))
    assert alone.mllp_context().verify_mode == ssl.CERT_NONE
    assert not alone.asks_certificates


def wrong_key(files: TlsFiles, authority: Authority) -> TlsFiles:
    return TlsFiles(files.certificate, authority.server().key)


def no_certificate(files: TlsFiles, _: Authority) -> TlsFiles:
    return TlsFiles(files.certificate.with_name("missing.crt"), files.key)


def key_with_password(_: TlsFiles, authority: Authority) -> TlsFiles:
    pair = authority.client("x", password=b"secret")
    return TlsFiles(pair.certificate, pair.key)


def no_pem_for_a_ca(files: TlsFiles, _: Authority) -> TlsFiles:
    wrong = files.key.with_name("ca.txt")
    wrong.write_text("no certificate")
    return TlsFiles(files.certificate, files.key, wrong)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (wrong_key, "another certificate's"),
        (no_certificate, "missing.crt"),
        (key_with_password, "password"),
        (no_pem_for_a_ca, "ca.txt"),
    ],
)
def test_files_that_cannot_be_used_are_named(
    files: TlsFiles,
    authority: Authority,
    spoil: Callable[[TlsFiles, Authority], TlsFiles],
    says: str,
) -> None:
    with pytest.raises(SecurityError, match=says):
        Security(spoil(files, authority))


def test_certificates_in_the_sender_file_need_a_client_ca(files: TlsFiles, senders: Path) -> None:
    with pytest.raises(SecurityError, match="--tls-client-ca"):
        Security(TlsFiles(files.certificate, files.key), senders)


def reloads(samples: CollectorRegistry, outcome: str) -> float | None:
    return samples.get_sample_value("adapter_security_file_reloads_total", {"outcome": outcome})


def test_a_reload_takes_all_or_nothing(
    files: TlsFiles,
    senders: Path,
    authority: Authority,
    metrics: Metrics,
    samples: CollectorRegistry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    security = Security(files, senders, metrics)
    before = security.mllp_context()
    authority.server().certificate.replace(files.certificate)
    assert not security.reload()
    assert security.mllp_context() is before
    assert "the old stay" in caplog.text
    pair = authority.server()
    pair.certificate.replace(files.certificate)
    pair.key.replace(files.key)
    assert security.reload()
    assert security.mllp_context() is not before
    assert (reloads(samples, "kept-old"), reloads(samples, "used")) == (1, 1)
    senders.write_text("senders: nonsense")
    assert not security.reload()


def test_when_our_certificate_ends_is_a_metric(
    files: TlsFiles, metrics: Metrics, samples: CollectorRegistry
) -> None:
    Security(files, metrics=metrics)
    ends = samples.get_sample_value("adapter_certificate_expiry_timestamp_seconds")
    assert ends is not None
    assert ends > 1_700_000_000


async def test_files_that_change_are_noticed(
    senders: Path, files: TlsFiles, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    security = Security(files, senders)
    watching = asyncio.create_task(security.watch(every=0.01))
    senders.write_text("senders:\n  - {name: t, organisations: [RXB], tokens: [sha256: zz]}")
    async with asyncio.timeout(10):
        while "not reloaded" not in caplog.text:
            await asyncio.sleep(0.01)
        senders.write_text(RXA.replace("RXA]", "RXB]"))
        while "sender file reloaded" not in caplog.text:
            await asyncio.sleep(0.01)
    watching.cancel()
    await asyncio.wait([watching])
    # What was wrong once is said once, not at every look.
    assert caplog.text.count("not reloaded") == 1
