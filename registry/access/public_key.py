"""A client's public key: from PEM as people paste it to the JSON Web Key that is stored."""

from __future__ import annotations

import re
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc.jwk import ECKey, RSAKey

LABEL = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
MIN_RSA_BITS = 2048
# Above this an RSA signature is longer than joserfc accepts, and slow enough to be a burden.
MAX_RSA_BITS = 8192

PublicKey = RSAKey | ECKey


class PublicKeyError(ValueError):
    """The key can't be registered; str() is one line for whoever gave it, without the key."""


def read(pem: str) -> PublicKey:
    """Takes a PEM public key (SubjectPublicKeyInfo); returns the key, its `kid` the RFC 7638
    thumbprint.

    PublicKeyError: a private key, a certificate, several keys, unreadable, or a key other than
    RSA of 2048 to 8192 bits or EC on P-384.
    """
    _check_labels(LABEL.findall(pem))
    try:
        raw = load_pem_public_key(pem.encode())
    except Exception as error:  # the library's parsers raise many kinds
        raise PublicKeyError("the PEM public key can't be read: is it cut off?") from error
    key = _accepted(raw)
    key.ensure_kid()
    return key


def to_jwk(key: PublicKey) -> dict[str, object]:
    """Returns the public JSON Web Key."""
    return dict(key.as_dict(private=False))


def from_jwk(jwk: dict[str, object]) -> PublicKey:
    """Takes a stored JSON Web Key; returns the key."""
    text = cast(dict[str, str | list[str]], jwk)
    return RSAKey.import_key(text) if jwk["kty"] == "RSA" else ECKey.import_key(text)


def _check_labels(labels: list[str]) -> None:
    if any("PRIVATE KEY" in label for label in labels):
        raise PublicKeyError(
            "this is a private key: keep it secret and give the public one "
            "(openssl pkey -in private.pem -pubout); nothing was stored"
        )
    if "CERTIFICATE" in labels:
        raise PublicKeyError(
            "this is a certificate: give its public key (openssl x509 -in cert.pem -pubkey -noout)"
        )
    if labels != ["PUBLIC KEY"]:
        raise PublicKeyError("expected one PEM block that begins -----BEGIN PUBLIC KEY-----")


def _accepted(raw: object) -> PublicKey:
    if isinstance(raw, RSAPublicKey):
        if not MIN_RSA_BITS <= raw.key_size <= MAX_RSA_BITS:
            raise PublicKeyError(
                f"the RSA key has {raw.key_size} bits: "
                f"{MIN_RSA_BITS} to {MAX_RSA_BITS} are accepted"
            )
        return RSAKey.import_key(raw)
    if isinstance(raw, EllipticCurvePublicKey) and isinstance(raw.curve, SECP384R1):
        return ECKey.import_key(raw)
    raise PublicKeyError("the key must be RSA (2048 bits or more) or EC on curve P-384")
