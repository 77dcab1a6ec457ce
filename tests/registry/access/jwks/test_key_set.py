"""JSON Web Keys of others: what can be used, and what is passed over or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from registry.access.jwks.key_set import MAX_KEYS, key, read, usable_keys
from registry.access.public_key import PublicKeyError

EC: dict[str, Any] = dict(ECKey.generate_key("P-384").as_dict(private=False))
RSA: dict[str, Any] = dict(RSAKey.generate_key(2048).as_dict(private=False))


def refusal(jwk: dict[str, Any]) -> str:
    with pytest.raises(PublicKeyError) as caught:
        key(jwk)
    assert "\n" not in str(caught.value)
    assert usable_keys({"keys": [jwk, EC | {"kid": "good"}]})[0].name == "good"
    return str(caught.value)


def test_reads_a_set() -> None:
    one = EC | {"kid": "a", "use": "sig", "key_ops": ["verify"], "alg": "ES384", "x5c": ["x"]}
    first, second = read(json.dumps({"keys": [one, RSA | {"kid": "b"}]}))
    assert (first.name, first.algorithms) == ("a", {"ES384"})
    assert second.name == "b"
    assert {"RS384", "RS512", "PS384"} <= second.algorithms
    assert not {"HS256", "none", "ES384"} & second.algorithms


def test_an_algorithm_named_by_the_key_is_the_only_one() -> None:
    assert key(RSA | {"kid": "b", "alg": "RS512"}).algorithms == {"RS512"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kid": None}, "kid"),
        ({"kid": ""}, "kid"),
        ({"kid": "a\x00"}, "kid"),
        ({"kid": "k" * 256}, "kid"),
        ({"use": "enc"}, "not for signatures"),
        ({"key_ops": ["sign"]}, "not for signatures"),
        ({"key_ops": "verify"}, "not for signatures"),
        ({"alg": "HS256"}, "alg"),
        ({"alg": "RS384"}, "alg"),
        ({"alg": ["ES384"]}, "alg"),
        ({"kty": "oct"}, "neither RSA nor EC"),
        ({"kty": "RSA"}, "neither RSA nor EC"),
        ({"kty": ["EC"]}, "neither RSA nor EC"),
        ({"x": 5}, "neither RSA nor EC"),
        ({"x": "!!"}, "can't be read"),
        ({"x": "AAAA"}, "can't be read"),
        ({"crv": "P-1"}, "can't be read"),
        ({"d": "AAAA"}, "private"),
    ],
)
def test_refuses(changes: dict[str, object], said: str) -> None:
    jwk = {n: v for n, v in (EC | {"kid": "a"} | changes).items() if v is not None}
    assert said in refusal(jwk)


def test_refuses_other_kinds_and_weak_keys() -> None:
    for other in (
        OctKey.generate_key(256).as_dict(private=True),
        OKPKey.generate_key("Ed25519").as_dict(private=False),
        ECKey.generate_key("P-521").as_dict(private=False),
        ECKey.generate_key("P-384").as_dict(private=True),
        RSA | {"n": RSA["n"][:171]},
    ):
        refusal(dict(other) | {"kid": "a"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"keys": {}}',
        '{"keys": []}',
        '{"keys": ["a"]}',
        json.dumps({"keys": [EC]}),
        json.dumps({"keys": [EC | {"kid": "a"}, RSA | {"kid": "a"}]}),
        json.dumps({"keys": [EC | {"kid": str(n)} for n in range(MAX_KEYS + 1)]}),
        "[" * 100_000,
    ],
)
def test_a_set_that_somebody_registers_is_read_strictly(text: str) -> None:
    with pytest.raises(PublicKeyError):
        read(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["kty", "kid", "n", "e", "crv", "x", "y", "alg", "use"]), JSON)
)
def test_any_key_is_read_or_passed_over(jwk: dict[str, object]) -> None:
    assert len(usable_keys({"keys": [EC | {"kid": "a"} | jwk]})) <= 1
