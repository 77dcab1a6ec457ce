"""Public keys: what may be registered, and what is said of what may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from registry.access.public_key import PublicKeyError, read, unnamed

if TYPE_CHECKING:
    from tests.registry.access.conftest import Signer

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
SPKI = PublicFormat.SubjectPublicKeyInfo


def pem(private: Private | dsa.DSAPrivateKey, form: PublicFormat = SPKI) -> str:
    return private.public_key().public_bytes(Encoding.PEM, form).decode()


def refusal(text: str) -> str:
    with pytest.raises(PublicKeyError) as caught:
        read(text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_reads_the_public_key(ec_signer: Signer, rsa_signer: Signer) -> None:
    for signer in (ec_signer, rsa_signer):
        key = unnamed(read(signer.pem))
        assert not key.key.is_private
        assert key.key.thumbprint() == signer.key.thumbprint()
        assert key.name is None
        assert signer.algorithm in key.algorithms


def test_blanks_and_windows_line_ends_are_no_obstacle(ec_signer: Signer) -> None:
    assert read("\r\n" + ec_signer.pem.replace("\n", "\r\n") + "\r\n")


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("lock", [NoEncryption(), BestAvailableEncryption(b"secret")])
def test_a_private_key_is_refused(form: PrivateFormat, lock: KeySerializationEncryption) -> None:
    private = ec.generate_private_key(ec.SECP384R1())
    text = private.private_bytes(Encoding.PEM, form, lock).decode()
    assert "private key" in refusal(text)
    assert "private key" in refusal(pem(private) + text)
    assert text.splitlines()[1] not in refusal(text)


def test_weak_and_other_keys_are_refused() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    assert "1024 bits" in refusal(pem(weak))
    assert "P-384" in refusal(pem(ec.generate_private_key(ec.SECP256R1())))
    assert "P-384" in refusal(pem(ed25519.Ed25519PrivateKey.generate()))
    assert "P-384" in refusal(pem(dsa.generate_private_key(2048)))


def test_what_is_no_single_public_key_is_refused(ec_signer: Signer) -> None:
    lines = ec_signer.pem.splitlines()
    assert "BEGIN PUBLIC KEY" in refusal("")
    assert "BEGIN PUBLIC KEY" in refusal(ec_signer.pem * 2)
    assert "BEGIN PUBLIC KEY" in refusal("ssh-rsa AAAAB3NzaC1yc2E= someone@host")
    assert "cut off" in refusal("\n".join([lines[0], lines[1][:20], lines[-1]]))
    assert "certificate" in refusal(ec_signer.pem.replace("PUBLIC KEY", "CERTIFICATE"))
    weak_form = pem(rsa.generate_private_key(65537, 2048), PublicFormat.PKCS1)
    assert "BEGIN PUBLIC KEY" in refusal(weak_form)
