"""Our side of TLS: the certificate we show, and whose certificates we ask of those who connect."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509


class TlsError(Exception):
    """The files cannot be used; says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: our certificate with its chain, its key, and the CAs of client certificates.

    Without `client_ca` nobody is asked for a certificate.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None

    @property
    def all(self) -> list[Path]:
        """Every file that is read."""
        return [path for path in (self.certificate, self.key, self.client_ca) if path]


def context(files: TlsFiles, clients: ssl.VerifyMode) -> ssl.SSLContext:
    """Takes the files, and whether clients must show a certificate; returns a context of TLS 1.2
    or later with the library's own choice of ciphers. Raises TlsError.

    `clients` counts only where there is a CA to verify them with.
    """
    try:
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=files.client_ca)
    except OSError as error:
        raise _cannot_read("the client CA", files.client_ca, error) from None
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    # Whoever renegotiates makes us work; nobody who sends HL7 does.
    made.options |= ssl.OP_NO_RENEGOTIATION
    if files.client_ca is not None:
        made.verify_mode = clients
    try:
        made.load_cert_chain(files.certificate, files.key, _no_password)
    except (OSError, ValueError) as error:
        pair = f"{files.certificate} and its key {files.key}"
        raise _cannot_read("the certificate", pair, error) from None
    return made


def expires(files: TlsFiles) -> datetime:
    """Takes the files; returns when our certificate ends, in UTC. Raises TlsError."""
    try:
        found = x509.load_pem_x509_certificates(files.certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise _cannot_read("the certificate", files.certificate, error) from None
    return found[0].not_valid_after_utc


def _no_password() -> str:
    raise ValueError("the key has a password: give it without one, in a file only we may read")


def _cannot_read(what: str, path: Path | str | None, error: Exception) -> TlsError:
    if isinstance(error, ssl.SSLError):
        why = error.reason or "it is no PEM file"
        hint = ": the key is another certificate's" if "MISMATCH" in why else ""
        return TlsError(f"{what} {path} cannot be used ({why}){hint}")
    if isinstance(error, OSError):
        return TlsError(f"{what} {path} cannot be read: {error.strerror}")
    return TlsError(f"{what} {path} cannot be used: {error}")
