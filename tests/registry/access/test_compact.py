"""Signatures: only the right key, by an algorithm that belongs to that key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from registry.access import compact
from registry.access.public_key import read, unnamed
from registry.access.verification_key import VerificationKey

if TYPE_CHECKING:
    from tests.registry.access.conftest import Signer


def public(signer: Signer) -> VerificationKey:
    return unnamed(read(signer.pem))


def test_right_key(ec_signer: Signer, rsa_signer: Signer) -> None:
    assert compact.is_signed_by(compact.read(ec_signer.sign()), public(ec_signer))
    assert compact.is_signed_by(compact.read(rsa_signer.sign()), public(rsa_signer))


def test_rs384_fits_an_rsa_key(rsa_signer: Signer) -> None:
    text = jwt.encode({"alg": "RS384"}, {}, rsa_signer.key, algorithms=["RS384"])
    assert compact.is_signed_by(compact.read(text), public(rsa_signer))


@pytest.mark.parametrize("algorithm", ["RS256", "PS384"])
def test_an_algorithm_that_the_key_is_not_for(rsa_signer: Signer, algorithm: str) -> None:
    text = jwt.encode({"alg": algorithm}, {}, rsa_signer.key, algorithms=[algorithm])
    key = replace(public(rsa_signer), algorithms=frozenset({"RS384", "RS512"}))
    assert not compact.is_signed_by(compact.read(text), key)
    assert compact.is_signed_by(compact.read(text), public(rsa_signer))


def test_wrong_key(ec_signer: Signer, rsa_signer: Signer) -> None:
    text = compact.read(ec_signer.sign())
    assert not compact.is_signed_by(text, public(rsa_signer))
    assert not compact.is_signed_by(text, unnamed(ECKey.generate_key("P-384")))
    other = unnamed(RSAKey.generate_key(2048))
    assert not compact.is_signed_by(compact.read(rsa_signer.sign()), other)


@pytest.mark.parametrize("name", ["HS256", "HS384", "RS512", "ES384"])
def test_the_public_key_is_no_shared_secret(
    rsa_signer: Signer, segment: Callable[[object], str], name: str
) -> None:
    signed = f"{segment({'alg': name})}.{segment(rsa_signer.claims())}"
    mac = hmac.new(rsa_signer.pem.encode(), signed.encode(), hashlib.sha256).hexdigest()
    text = compact.read(f"{signed}.{segment(mac)}")
    assert not compact.is_signed_by(text, public(rsa_signer))


def test_a_key_in_the_header_is_not_used(ec_signer: Signer) -> None:
    other = ECKey.generate_key("P-384")
    header = {"alg": "ES384", "jwk": other.as_dict(private=False)}
    text = jwt.encode(header, ec_signer.claims(), other, algorithms=["ES384"])
    assert not compact.is_signed_by(compact.read(text), public(ec_signer))


def test_changed_claims(ec_signer: Signer, segment: Callable[[object], str]) -> None:
    head, _, signature = ec_signer.sign().split(".")
    text = f"{head}.{segment(ec_signer.claims(jti='other'))}.{signature}"
    assert not compact.is_signed_by(compact.read(text), public(ec_signer))


@pytest.mark.parametrize("length", [1, 47, 95, 96, 97, 400])
def test_rubbish_signature(
    ec_signer: Signer, segment: Callable[[object], str], length: int
) -> None:
    head, body, _ = ec_signer.sign().split(".")
    for byte in ("\0", "\x7f"):
        text = compact.read(f"{head}.{body}.{segment(byte * length)}")
        assert not compact.is_signed_by(text, public(ec_signer))


def test_a_long_header_and_unknown_members_are_no_obstacle(ec_signer: Signer) -> None:
    header: dict[str, object] = {"x5c": ["A" * 1500], "made-up": 1}
    text = _with_header(ec_signer, header).sign()
    assert compact.is_signed_by(compact.read(text), public(ec_signer))


def _with_header(signer: Signer, header: dict[str, object]) -> Signer:
    return type(signer)(signer.client_id, signer.key, signer.pem, signer.algorithm, header)
