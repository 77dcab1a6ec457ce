"""The certificates and the sender file in force, and the same read anew when they change."""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass
from pathlib import Path

from adapter import sender_file
from adapter.certificate import Certificate
from adapter.metrics import Metrics
from adapter.senders import Sender, Senders
from adapter.tls import TlsError, TlsFiles, context, expires
from yaml_source import SourceError

_log = logging.getLogger(__name__)
LOOK_EVERY = 5.0


class SecurityError(Exception):
    """What was given cannot be used; says what, where, and what to do."""


@dataclass(frozen=True, slots=True)
class _InForce:
    """One reading of all the files: they are used together or not at all."""

    senders: Senders | None
    mllp: ssl.SSLContext | None
    http: ssl.SSLContext | None
    expires: float


class Security:
    """Who may connect, and as whom; without files anybody may, as nobody in particular."""

    def __init__(
        self,
        tls: TlsFiles | None = None,
        senders: Path | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        """Takes the PEM files (None: no TLS) and the sender file (None: nobody is bound to an
        organisation). Raises SecurityError where they cannot be used."""
        self._tls = tls
        self._senders = senders
        self._metrics = metrics
        self._seen = self._signature()
        self._now = self._read()
        self._show()

    @property
    def has_tls(self) -> bool:
        """True where connections are encrypted."""
        return self._tls is not None

    @property
    def asks_certificates(self) -> bool:
        """True where clients show certificates."""
        return self._tls is not None and self._tls.client_ca is not None

    @property
    def authenticates_http(self) -> bool:
        """True where a request with a message needs a certificate or a token."""
        senders = self._now.senders
        return self.asks_certificates or (senders is not None and senders.have_tokens)

    def mllp_context(self) -> ssl.SSLContext:
        """Returns the TLS context for the next MLLP connection. RuntimeError without TLS."""
        return _given(self._now.mllp)

    def http_context(self) -> ssl.SSLContext:
        """Returns the TLS context for the next HTTP connection. RuntimeError without TLS.

        It lets in who shows no certificate: probes have none, and senders may have a token.
        """
        return _given(self._now.http)

    def sender_of_certificate(self, certificate: Certificate | None) -> Sender | None:
        """Takes the certificate of a connection; returns who is behind it.

        None where no sender is bound to organisations: there is no sender file, or nobody is
        asked for a certificate.
        """
        senders = self._now.senders
        if senders is None or certificate is None:
            return None
        return senders.of_certificate(certificate)

    def sender_of_token(self, token: str) -> Sender | None:
        """Takes a token as presented; returns whose it is, None where it is nobody's."""
        senders = self._now.senders
        return senders.of_token(token) if senders is not None else None

    def reload(self) -> bool:
        """Reads all files anew; returns whether they are used. If not, the old stay in force."""
        self._seen = self._signature()
        try:
            self._now = self._read()
        except SecurityError as error:
            _log.error("certificates and sender file not reloaded, the old stay: %s", error)
            self._count("kept-old")
            return False
        _log.warning("certificates and sender file reloaded")
        self._count("used")
        self._show()
        return True

    async def watch(self, every: float = LOOK_EVERY) -> None:
        """Looks at the files every so many seconds, and reloads them when one has changed, until
        it is cancelled."""
        while True:
            await asyncio.sleep(every)
            if self._signature() != self._seen:
                self.reload()

    def _read(self) -> _InForce:
        try:
            senders = sender_file.read(self._senders) if self._senders else None
            _check(senders, self._senders, self.asks_certificates)
            if self._tls is None:
                return _InForce(senders, None, None, 0.0)
            mllp, http = (
                context(self._tls, ssl.CERT_REQUIRED),
                context(self._tls, ssl.CERT_OPTIONAL),
            )
            return _InForce(senders, mllp, http, expires(self._tls).timestamp())
        except SourceError as error:
            raise SecurityError(f"the sender file cannot be used: {error}") from error
        except TlsError as error:
            raise SecurityError(str(error)) from error

    def _signature(self) -> list[tuple[int, int, int] | None]:
        """What changes when a file is written or replaced."""
        files = [*(self._tls.all if self._tls else []), *([self._senders] if self._senders else [])]
        return [_stat(file) for file in files]

    def _count(self, outcome: str) -> None:
        if self._metrics is not None:
            self._metrics.security_reloads.labels(outcome).inc()

    def _show(self) -> None:
        if self._metrics is not None:
            self._metrics.certificate_expires.set(self._now.expires)


def _check(senders: Senders | None, path: Path | None, asks_certificates: bool) -> None:
    if senders is not None and senders.have_certificates and not asks_certificates:
        raise SecurityError(
            f"{path} names certificates, and clients are not asked for any: give --tls-client-ca"
        )


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _given(found: ssl.SSLContext | None) -> ssl.SSLContext:
    if found is None:
        raise RuntimeError("there is no TLS")
    return found
