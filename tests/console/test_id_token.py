"""ID tokens that prove who signed in, and many that prove nothing."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from console.sign_in.fault import SignInRefused
from console.sign_in.id_token import Expected, UnknownKey, verification_keys, verify

NOW = 1_800_000_000
EXPECTED = Expected("https://cis2.example", "console", "a-nonce")
CLAIMS: dict[str, Any] = {
    "iss": "https://cis2.example",
    "aud": "console",
    "sub": "999000000001",
    "nonce": "a-nonce",
    "iat": NOW,
    "exp": NOW + 300,
}
RSA = RSAKey.generate_key(2048, {"use": "sig", "kid": "rsa"})
EC = ECKey.generate_key("P-256", {"use": "sig", "kid": "ec"})
KEYS = verification_keys({"keys": [RSA.as_dict(private=False), EC.as_dict(private=False)]})


def token(
    claims: dict[str, Any], key: RSAKey | ECKey = EC, algorithm: str = "ES256", **header: Any
) -> str:
    named = {"alg": algorithm, "kid": key.kid, **header}
    return jwt.encode(
        {name: value for name, value in named.items() if value is not None},
        claims,
        key,
        algorithms=[algorithm],
    )


def changed(**claims: Any) -> dict[str, Any]:
    return {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(("key", "algorithm"), [(EC, "ES256"), (RSA, "RS256"), (RSA, "PS256")])
def test_a_good_token_says_who_signed_in(key: RSAKey | ECKey, algorithm: str) -> None:
    assert verify(token(CLAIMS, key, algorithm), KEYS, EXPECTED, NOW)["sub"] == "999000000001"


@pytest.mark.parametrize(
    "claims",
    [
        changed(aud=["console"]),
        changed(aud=["console", "other"], azp="console"),
        changed(exp=NOW - 59),
        changed(iat=NOW + 59),
    ],
)
def test_what_the_standard_leaves_open_is_taken(claims: dict[str, Any]) -> None:
    assert verify(token(claims), KEYS, EXPECTED, NOW)


@pytest.mark.parametrize(
    "claims",
    [
        changed(iss="https://evil.example"),
        changed(iss="https://cis2.example/"),
        changed(iss=None),
        changed(aud="other"),
        changed(aud=["other"]),
        changed(aud=[]),
        changed(aud=None),
        changed(aud=["console", "other"]),
        changed(azp="other"),
        changed(nonce="another"),
        changed(nonce=None),
        changed(nonce=""),
        changed(exp=NOW - 61),
        changed(exp=None),
        changed(exp="tomorrow"),
        changed(iat=NOW + 3600),
        changed(iat=None),
        changed(nbf=NOW + 3600),
        changed(sub=None),
        changed(sub=""),
    ],
    ids=str,
)
def test_a_token_that_says_something_else_proves_nothing(claims: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused):
        verify(token(claims), KEYS, EXPECTED, NOW)


def unsigned() -> str:
    return f"{part({'alg': 'none'})}.{part(CLAIMS)}."


def unsigned_in_capitals() -> str:
    return f"{part({'alg': 'None', 'kid': 'ec'})}.{part(CLAIMS)}."


def public_key_as_secret() -> str:
    text = f"{part({'alg': 'HS256', 'kid': 'rsa'})}.{part(CLAIMS)}"
    signature = hmac.digest(RSA.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def own_key_in_header() -> str:
    other = ECKey.generate_key("P-256", {"kid": "ec"})
    return token(CLAIMS, other, jwk=other.as_dict(private=False))


def unknown_critical_header() -> str:
    return token(CLAIMS, crit=["b64"], b64=True)


def signature_of_another() -> str:
    head, body, _ = token(changed(sub="somebody-else")).split(".")
    return f"{head}.{body}.{token(CLAIMS).rpartition('.')[2]}"


def claims_of_another() -> str:
    head, _, signature = token(CLAIMS).split(".")
    return f"{head}.{part(changed(sub='somebody-else'))}.{signature}"


def key_of_another_kind() -> str:
    head = part({"alg": "RS256", "kid": "ec"})
    return f"{head}.{part(CLAIMS)}.{token(CLAIMS).rpartition('.')[2]}"


def not_claims() -> str:
    header = {"alg": "ES256", "kid": "ec"}
    return jws.serialize_compact(header, b"[1]", EC, algorithms=["ES256"])


@pytest.mark.parametrize(
    "made",
    [
        unsigned,
        unsigned_in_capitals,
        public_key_as_secret,
        own_key_in_header,
        unknown_critical_header,
        signature_of_another,
        claims_of_another,
        key_of_another_kind,
        not_claims,
    ],
)
def test_a_token_that_is_not_signed_by_the_provider_proves_nothing(
    made: Callable[[], str],
) -> None:
    with pytest.raises(SignInRefused):
        verify(made(), KEYS, EXPECTED, NOW)


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é.é.é", "x" * 20_000, "{}"])
def test_what_is_no_token_proves_nothing(text: str) -> None:
    with pytest.raises(SignInRefused):
        verify(text, KEYS, EXPECTED, NOW)


def test_a_key_that_is_not_shown_may_be_new() -> None:
    new = ECKey.generate_key("P-256", {"kid": "new"})
    with pytest.raises(UnknownKey):
        verify(token(CLAIMS, new), KEYS, EXPECTED, NOW)


def test_without_a_key_id_there_must_be_one_key_that_fits() -> None:
    text = token(CLAIMS, kid=None)
    assert verify(text, KEYS, EXPECTED, NOW)
    other = ECKey.generate_key("P-256", {"kid": "other"})
    with pytest.raises(SignInRefused, match="names no key"):
        verify(text, [*KEYS, other], EXPECTED, NOW)


def test_a_key_signs_with_its_own_algorithm_only() -> None:
    only = RSAKey.import_key({**RSA.as_dict(private=False), "alg": "RS512"})
    with pytest.raises(UnknownKey):
        verify(token(CLAIMS, RSA, "RS256"), [only], EXPECTED, NOW)


@pytest.mark.parametrize(
    "row",
    [
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
        {**RSA.as_dict(private=False), "use": "enc"},
        RSA.as_dict(private=True),
        {**RSA.as_dict(private=False), "n": "v" * 171},
        {"kty": "RSA"},
        {"kty": "EC", "crv": "P-256", "x": 1, "y": []},
        {"kty": ["RSA"]},
        "RSA",
        None,
    ],
    ids=range(10),
)
def test_keys_that_cannot_be_trusted_are_left_out(row: object) -> None:
    assert verification_keys({"keys": [row]}) == []


@pytest.mark.parametrize("keys", [None, {}, "x", 1])
def test_what_is_no_key_set_has_no_keys(keys: object) -> None:
    assert verification_keys({"keys": keys}) == []
