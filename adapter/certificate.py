"""What a client's certificate says of itself, once TLS has verified it."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

KINDS = {"dns": "DNS", "uri": "URI"}
"""What a sender file calls a subject alternative name, and what the ssl module does."""

CN = "cn"
SHA256 = "sha256"


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """One thing that a certificate can be known by: its kind (dns, uri, cn, sha256) and value."""

    kind: str
    value: str

    @classmethod
    def of(cls, kind: str, value: str) -> Name:
        """Takes a kind and a value as people write them; returns them as they are compared."""
        if kind == SHA256:
            return cls(kind, value.replace(":", "").lower())
        return cls(kind, value.lower() if kind == "dns" else value)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A verified certificate: every name it has, and the SHA-256 of its DER form in hex."""

    names: frozenset[Name]
    sha256: str


def presented(tls: ssl.SSLObject | ssl.SSLSocket | None) -> Certificate | None:
    """Takes the TLS side of a connection (None: it has none); returns the peer's certificate.

    None where the peer showed none. One that did not verify never gets here: the handshake failed.
    """
    der = tls.getpeercert(binary_form=True) if tls is not None else None
    described = cast("dict[str, Any]", tls.getpeercert() if tls is not None else None)
    if not der or not described:
        return None
    fingerprint = hashlib.sha256(der).hexdigest()
    names = {Name.of(SHA256, fingerprint), *_alternative(described), *_common(described)}
    return Certificate(frozenset(names), fingerprint)


def _alternative(described: dict[str, Any]) -> Iterable[Name]:
    kinds = {theirs: ours for ours, theirs in KINDS.items()}
    for kind, value in described.get("subjectAltName", ()):
        if kind in kinds:
            yield Name.of(kinds[kind], value)


def _common(described: dict[str, Any]) -> Iterable[Name]:
    for relative_name in described.get("subject", ()):
        for attribute, value in relative_name:
            if attribute == "commonName":
                yield Name.of(CN, value)
