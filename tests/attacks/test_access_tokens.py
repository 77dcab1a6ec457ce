"""Access tokens that are forged, changed, of somewhere else, or used where they do not belong."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from tests.attacks.target import (
    Registered,
    Target,
    segment,
    segments,
    signed,
    unsigned,
    with_secret,
)

ASKED = "/Task?_count=1"


def refused(target: Target, token: str) -> None:
    with target.with_token(token) as client:
        answer = client.get(ASKED)
    assert answer.status_code == 401, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert target.case["id"] not in answer.text


def good(target: Target) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Header, claims and signature of a token that is good."""
    token = target.token("RT1", "provider")
    return *segments(token), token.split(".")[2]


def test_a_good_one_is_taken(target: Target) -> None:
    header, claims, _ = good(target)
    with target.with_token(signed(header, claims, target.key_of_registry())) as client:
        assert client.get(ASKED).status_code == 200


@pytest.mark.parametrize("algorithm", ["none", "NONE", "HS256", "ES384", "RS384", None, []])
def test_without_a_signature(target: Target, algorithm: object) -> None:
    header, claims, _ = good(target)
    for signature in ("", "AAAA"):
        refused(target, unsigned(header | {"alg": algorithm}, claims, signature))


def test_signed_with_the_published_key_as_a_secret(target: Target) -> None:
    header, claims, _ = good(target)
    with target.unknown() as client:
        published = client.get("/oauth2/jwks").json()["keys"][-1]
    public = ECKey.import_key(published)
    for secret in (public.as_pem(private=False), public.as_der(private=False)):
        refused(target, with_secret(header | {"alg": "HS256"}, claims, secret))


@pytest.mark.parametrize(
    "change",
    [{"role": "national"}, {"role": "icb"}, {"organisation": "RT2"}, {"organisation": None},
     {"scope": "system/*.cruds"}, {"exp": 9999999999}, {"client_id": "x"}],
)  # fmt: skip
def test_one_claim_changed(target: Target, change: dict[str, Any]) -> None:
    header, claims, signature = good(target)
    refused(target, unsigned(header, claims | change, signature))


def test_signed_with_a_key_of_ones_own(target: Target) -> None:
    header, claims, _ = good(target)
    forged = ECKey.generate_key("P-384", private=True)
    brought = {"jwk": forged.as_dict(private=False), "jku": f"{target.exchange.url}/oauth2/jwks"}
    for made in (header, header | brought, header | {"kid": forged.thumbprint()}):
        refused(target, signed(made, claims, forged))
    rsa = RSAKey.generate_key(2048, private=True)
    refused(target, signed(header | {"alg": "RS384"}, claims, rsa))


@pytest.mark.parametrize("kid", ["", "'; DROP TABLE registry.signing_key--", "x\0", "é", 1, None])
def test_key_ids_that_mean_something_elsewhere(target: Target, kid: object) -> None:
    header, claims, signature = good(target)
    refused(target, unsigned(header | {"kid": kid}, claims, signature))


CHANGES: list[dict[str, Any]] = [
    {"iss": "https://other.example", "aud": "https://other.example/fhir"},
    {"aud": "https://other.example/fhir"},
    {"aud": "http://127.0.0.1"},
    {"aud": None},
    {"iss": "https://other.example"},
    {"exp": 1_700_000_000},
    {"exp": "9999999999"},
    {"exp": None},
    {"role": "administrator"},
    {"organisation": ["RT1", "RT2"]},
    {"sub": None},
    {"scope": ["system/Task.rs"]},
]


@pytest.mark.parametrize("change", CHANGES)
def test_properly_signed_for_something_else(target: Target, change: dict[str, Any]) -> None:
    """What a registry with the same keys, or a flaw in one, might sign. None: the claim is not
    there."""
    header, claims, _ = good(target)
    made = {name: value for name, value in (claims | change).items() if value is not None}
    refused(target, signed(header, made, target.key_of_registry()))


def test_a_client_assertion_is_no_access_token(target: Target) -> None:
    client: Registered = target.register("attacker", "RT2", "provider")
    for audience in (target.token_url, f"{target.exchange.url}/fhir"):
        refused(target, signed(client.header, client.claims(audience), client.key))


def test_dressed_up(target: Target) -> None:
    token = target.token("RT1", "provider")
    header, claims, signature = token.split(".")
    for text in (
        f"{token}=",
        f"{token}.",
        f"{header}.{claims}",
        f"{header}.{claims}.{signature}.{signature}",
        f"{header}.{claims}.{signature[:-4]}",
        f"{header}.{claims}.{signature[::-1]}",
        f"{segment({'alg': 'none'})}.{claims}.",
        "x" * 9000,
        "null",
    ):
        refused(target, text)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Authorization", "{token}")],
        [("Authorization", "Basic {token}")],
        [("Authorization", "Bearer")],
        [("Authorization", "Bearer {token}"), ("Authorization", "Bearer {token}")],
        [("X-Authorization", "Bearer {token}")],
        [("Cookie", "access_token={token}")],
        [("Proxy-Authorization", "Bearer {token}")],
    ],
)
def test_only_one_authorization_header_counts(
    target: Target, headers: list[tuple[str, str]]
) -> None:
    token = target.token("RT1", "provider")
    sent = [(name, value.format(token=token)) for name, value in headers]
    with target.unknown() as client:
        answer = client.get(f"/fhir{ASKED}", headers=sent)
    assert answer.status_code == 401
    assert token not in answer.text


def test_a_token_in_the_address_opens_nothing(target: Target) -> None:
    """Addresses are written down by proxies and browsers; tokens must not stand in them."""
    token = target.token("RT1", "provider")
    with target.unknown() as client:
        answer = client.get(f"/fhir{ASKED}&access_token={token}")
    assert answer.status_code == 401
    assert token not in answer.text
