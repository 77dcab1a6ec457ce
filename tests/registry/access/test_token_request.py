"""Token requests: which form they must have."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.access.oauth_error import OAuthError
from registry.access.token_request import ASSERTION_TYPE, CONTENT_TYPE, TokenRequest, read

GOOD = {
    "grant_type": "client_credentials",
    "client_assertion_type": ASSERTION_TYPE,
    "client_assertion": "a.b.c",
}


def error(form: bytes | dict[str, str], content_type: str = CONTENT_TYPE) -> str:
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    with pytest.raises(OAuthError) as caught:
        read(content_type, body)
    assert caught.value.status == 400
    return caught.value.error


def test_reads() -> None:
    body = urlencode(GOOD | {"scope": "system/*.rs system/Task.u", "client_id": ""}).encode()
    expected = TokenRequest("a.b.c", "system/*.rs system/Task.u", None)
    assert read(f"{CONTENT_TYPE}; charset=utf-8", body) == expected
    assert read(CONTENT_TYPE.upper(), urlencode(GOOD).encode()).scope is None
    assert read(CONTENT_TYPE, urlencode(GOOD | {"scope": ""}).encode()).scope == ""


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_each_parameter_is_required(missing: str) -> None:
    assert error({k: v for k, v in GOOD.items() if k != missing}) == "invalid_request"
    assert error(GOOD | {missing: ""}) == "invalid_request"


def test_other_grants_and_assertion_types() -> None:
    assert error(GOOD | {"grant_type": "password"}) == "unsupported_grant_type"
    assert error(GOOD | {"client_assertion_type": "saml2"}) == "invalid_request"


def test_other_forms() -> None:
    body = urlencode(GOOD).encode()
    assert error(body, "application/json") == "invalid_request"
    assert error(body, "") == "invalid_request"
    assert error(body + b"&client_assertion=x") == "invalid_request"
    assert error(body + b"&scope=%ff") == "invalid_request"
    assert error(body + b"&scope=\xff") == "invalid_request"
    assert error(body + b"&a=1" * 40) == "invalid_request"
    assert error(body + b"&a=" + b"1" * 70_000) == "invalid_request"


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_not_failed(body: bytes) -> None:
    assert error(body) in {"invalid_request", "unsupported_grant_type"}
