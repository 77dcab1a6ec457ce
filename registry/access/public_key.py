"""Public keys of others: from PEM as people paste it, and what is accepted of them at all."""

from __future__ import annotations

import re

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc.jwk import ECKey, RSAKey

from registry.access.verification_key import (
    ALGORITHM_OF_CURVE,
    ALGORITHMS_OF_RSA,
    PublicKey,
    VerificationKey,
)

LABEL = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
MIN_RSA_BITS = 2048
# Above this an RSA signature is longer than joserfc accepts, and slow enough to be a burden.
MAX_RSA_BITS = 8192


class PublicKeyError(ValueError):
    """The key can't be used; str() is one line for whoever gave it, without the key."""


def read(pem: str) -> PublicKey:
    """Takes a PEM public key (SubjectPublicKeyInfo); returns the key.

    PublicKeyError: a private key, a certificate, several keys, unreadable, or a key other than
    RSA of 2048 to 8192 bits or EC on P-384.
    """
    _check_labels(LABEL.findall(pem))
    try:
        raw = load_pem_public_key(pem.encode())
    except Exception as error:  # the library's parsers raise many kinds
        raise PublicKeyError("the PEM public key can't be read: is it cut off?") from error
    key = accepted(raw)
    if isinstance(key, ECKey) and key.curve_name != "P-384":
        raise PublicKeyError("the key must be RSA (2048 bits or more) or EC on curve P-384")
    return key


def accepted(raw: object) -> PublicKey:
    """Takes a public key of the cryptography library; returns it as a JSON Web Key with nothing
    else in it. PublicKeyError: neither RSA of 2048 to 8192 bits nor EC on P-256 or P-384."""
    if isinstance(raw, RSAPublicKey):
        if not MIN_RSA_BITS <= raw.key_size <= MAX_RSA_BITS:
            raise PublicKeyError(
                f"the RSA key has {raw.key_size} bits: "
                f"{MIN_RSA_BITS} to {MAX_RSA_BITS} are accepted"
            )
        return RSAKey.import_key(raw)
    if isinstance(raw, EllipticCurvePublicKey) and isinstance(raw.curve, SECP256R1 | SECP384R1):
        return ECKey.import_key(raw)
    raise PublicKeyError("the key must be RSA (2048 bits or more) or EC on curve P-384")


def algorithms(key: PublicKey) -> frozenset[str]:
    """Returns the signature algorithms that a key of this kind may be used with."""
    if isinstance(key, RSAKey):
        return ALGORITHMS_OF_RSA
    return frozenset({ALGORITHM_OF_CURVE[key.curve_name]})


def unnamed(key: PublicKey) -> VerificationKey:
    """Returns the key for verifying, under whatever name its owner calls it."""
    return VerificationKey(key, None, algorithms(key))


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
