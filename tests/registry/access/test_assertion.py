"""Client assertions: each rule for form and claims, before any client is looked up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.access import assertion
from registry.access.oauth_error import OAuthError

if TYPE_CHECKING:
    from tests.registry.access.conftest import Signer

URLS = frozenset({"http://127.0.0.1:8080/oauth2/token", "http://localhost:8080/oauth2/token"})
NOW = 1_800_000_000.0


def reason(text: str) -> str:
    with pytest.raises(OAuthError) as caught:
        assertion.read(text, URLS, NOW)
    assert caught.value.status == 401
    return caught.value.description


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": ["https://other.example/token", "http://localhost:8080/oauth2/token"]},
        {"exp": NOW + 360},
        {"exp": NOW - 59},
        {"exp": NOW + 300.5, "iat": NOW + 60, "nbf": NOW - 1e9},
    ],
)
def test_takes_a_good_one(ec_signer: Signer, changes: dict[str, object]) -> None:
    read = assertion.read(ec_signer.sign(**changes), URLS, NOW)
    assert read.client_id == "clinic-ec"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"iss": None}, "iss is required"),
        ({"iss": "someone-else"}, "iss and sub"),
        ({"sub": None}, "sub is required"),
        ({"iss": 7, "sub": 7}, "iss is required"),
        ({"iss": "a\x00", "sub": "a\x00"}, "iss is required"),
        ({"aud": None}, "aud must be"),
        ({"aud": "http://127.0.0.1:8080/oauth2/token/"}, "aud must be"),
        ({"aud": ["http://127.0.0.1:8080/fhir"]}, "aud must be"),
        ({"aud": [["x"]]}, "aud must be"),
        ({"aud": {"http://127.0.0.1:8080/oauth2/token": 1}}, "aud must be"),
        ({"exp": None}, "exp is required"),
        ({"exp": NOW - 60}, "exp is past"),
        ({"exp": -(10**400)}, "exp is past"),
        ({"exp": NOW + 361}, "more than 300 seconds"),
        ({"exp": NOW + 3600}, "more than 300 seconds"),
        ({"exp": 10**400}, "more than 300 seconds"),
        ({"exp": float("inf")}, "exp must be a number"),
        ({"exp": float("nan")}, "exp must be a number"),
        ({"exp": "1800000300"}, "exp must be a number"),
        ({"exp": True}, "exp must be a number"),
        ({"nbf": NOW + 61}, "nbf is in the future"),
        ({"iat": NOW + 61}, "iat is in the future"),
        ({"iat": "now"}, "iat must be a number"),
        ({"jti": None}, "jti is required"),
        ({"jti": ""}, "jti is required"),
        ({"jti": "x" * 256}, "jti is required"),
        ({"jti": "a\x00b"}, "jti is required"),
        ({"jti": "\ud800"}, "jti is required"),
        ({"jti": 5}, "jti is required"),
        ({"padding": "x" * 9000}, "longer than 8192"),
    ],
)
def test_refuses_claims(ec_signer: Signer, changes: dict[str, object], said: str) -> None:
    assert said in reason(ec_signer.sign(**changes))


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "HS256", "HS384", "HS512", "RS256", "ES256", "PS384", "EdDSA"]
)
def test_refuses_other_algorithms(
    ec_signer: Signer, segment: Callable[[object], str], algorithm: str
) -> None:
    text = f"{segment({'alg': algorithm})}.{segment(ec_signer.claims())}.{segment('x')}"
    assert "alg must be one of ES384, RS384, RS512" in reason(text)


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"alg": "ES384", "crit": ["b64"], "b64": False}, {}),
        ({"alg": "ES384", "crit": []}, {}),
        ({"alg": ["ES384"]}, {}),
        ({"alg": "ES384", "kid": 5}, {}),
        ({}, {}),
        ([], {}),
        ("ES384", {}),
        ({"alg": "ES384"}, []),
        ({"alg": "ES384"}, "{"),
        ({"alg": "ES384"}, '{"iss":"a","iss":"b"}'),
        ({"alg": "ES384"}, "[" * 5000),
        ({"alg": "ES384"}, '{"a":' * 1000 + "1" + "}" * 1000),
        ({"alg": "ES384"}, '{"exp":' + "9" * 5000 + "}"),
    ],
)
def test_refuses_malformed_parts(
    segment: Callable[[object], str], header: object, claims: object
) -> None:
    assert reason(f"{segment(header)}.{segment(claims)}.AAAA").startswith("client_assertion: ")


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "a.b.c.d", "é.b.c", "a+b.c.d", "a.b."])
def test_refuses_what_is_no_token(text: str) -> None:
    reason(text)


def test_an_unsigned_token_has_no_third_part(
    ec_signer: Signer, segment: Callable[[object], str]
) -> None:
    reason(f"{segment({'alg': 'none'})}.{segment(ec_signer.claims())}.")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
CLAIMS = st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "jti", "iat"]), JSON)


@given(header=JSON, claims=CLAIMS)
def test_anything_else_is_refused_not_failed(
    segment: Callable[[object], str], header: object, claims: dict[str, object]
) -> None:
    reason(f"{segment(header)}.{segment(claims)}.AAAA")
