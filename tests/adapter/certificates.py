"""Certificate authorities and certificates for tests, made when they are asked for."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path

    @property
    def sha256(self) -> str:
        """The SHA-256 of the certificate's DER form, in hex."""
        der = ssl.PEM_cert_to_DER_cert(self.certificate.read_text())
        return hashlib.sha256(der).hexdigest()


class Authority:
    """A certificate authority of its own; `file` is its certificate (PEM)."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name}.pem"
        public = self._key.public_key()
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        made = (
            _builder(self._name, self._name, public, HOUR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(usage, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file.write_bytes(made.public_bytes(Encoding.PEM))

    def server(self, name: str = "adapter") -> Pair:
        """Takes a common name; returns a certificate for 127.0.0.1."""
        here = [x509.IPAddress(IPv4Address("127.0.0.1"))]
        return self._issue(name, here, ExtendedKeyUsageOID.SERVER_AUTH, HOUR)

    def client(
        self, name: str, dns: str = "", uri: str = "", *, ended: bool = False, password: bytes = b""
    ) -> Pair:
        """Takes a common name and alternative names; returns a client's certificate, one that has
        ended an hour ago if asked for."""
        names: list[x509.GeneralName] = [x509.DNSName(dns)] if dns else []
        names += [x509.UniformResourceIdentifier(uri)] if uri else []
        valid = -HOUR if ended else HOUR
        return self._issue(name, names, ExtendedKeyUsageOID.CLIENT_AUTH, valid, password)

    def _issue(
        self,
        name: str,
        names: list[x509.GeneralName] | list[x509.IPAddress],
        use: x509.ObjectIdentifier,
        valid: timedelta,
        password: bytes = b"",
    ) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        of_ca = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            _builder(_name(name), self._name, key.public_key(), valid)
            .add_extension(of_ca, critical=False)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        made = builder.sign(self._key, hashes.SHA256())
        serial = f"{made.serial_number:x}"
        pair = Pair(self._folder / f"{serial}.crt", self._folder / f"{serial}.key")
        pair.certificate.write_bytes(made.public_bytes(Encoding.PEM))
        secret = BestAvailableEncryption(password) if password else NoEncryption()
        pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))
        return pair


def client_context(trusted: Authority, shown: Pair | None = None) -> ssl.SSLContext:
    """Takes the authority to trust and the certificate to show; returns a client's context."""
    made = ssl.create_default_context(cafile=trusted.file)
    if shown is not None:
        made.load_cert_chain(shown.certificate, shown.key)
    return made


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, valid: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 3 * HOUR)
        .not_valid_after(now + valid)
    )
