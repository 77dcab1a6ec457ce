"""Token requests with forged, changed, confused and repeated client assertions: each is refused,
and nobody is asked for a key."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from tests.attacks.target import Registered, Target, segments, signed, unsigned, with_secret

Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(params=["EC", "RSA"])
def client(request: pytest.FixtureRequest, target: Target) -> Registered:
    return target.register(f"attacked-{request.param}".lower(), "RT1", "provider", request.param)


def refused(target: Target, assertion: str) -> None:
    answer = target.ask_token(assertion)
    assert answer.status_code in (400, 401), answer.text
    assert answer.json()["error"] in ("invalid_client", "invalid_request")
    assert "access_token" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_good_one_is_taken(target: Target, client: Registered) -> None:
    """Without this the refusals below would show nothing."""
    answer = target.ask_token(signed(client.header, client.claims(target.token_url), client.key))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", "HS256", "ES384", None, 0, []])
def test_without_a_signature(target: Target, client: Registered, algorithm: object) -> None:
    header = client.header | {"alg": algorithm}
    claims = client.claims(target.token_url)
    for signature in ("", "AAAA"):
        refused(target, unsigned(header, claims, signature))


@pytest.mark.parametrize("algorithm", ["HS256", "HS384"])
def test_signed_with_the_public_key_as_a_secret(
    target: Target, client: Registered, algorithm: str
) -> None:
    for public in (client.key.as_pem(private=False), client.key.as_der(private=False)):
        header = client.header | {"alg": algorithm}
        refused(target, with_secret(header, client.claims(target.token_url), public))


@pytest.mark.parametrize("algorithm", ["RS256", "PS384"])
def test_algorithms_that_are_not_on_the_list(target: Target, algorithm: str) -> None:
    client = target.register("attacked-rsa", "RT1", "provider", "RSA")
    header = client.header | {"alg": algorithm}
    refused(target, signed(header, client.claims(target.token_url), client.key))


def test_signed_with_a_key_of_ones_own(target: Target, client: Registered) -> None:
    for key, algorithm in (
        (ECKey.generate_key("P-384", private=True), "ES384"),
        (ECKey.generate_key("P-256", private=True), "ES256"),
        (RSAKey.generate_key(2048, private=True), "RS384"),
    ):
        header = client.header | {"alg": algorithm}
        refused(target, signed(header, client.claims(target.token_url), key))


def test_another_clients_key(target: Target, client: Registered) -> None:
    other = target.register("attacker", "RT2", "provider")
    refused(target, signed(other.header, client.claims(target.token_url), other.key))


@pytest.mark.parametrize(
    "kid",
    ["nobody", "../../keys/adapter.pem", "' OR '1'='1", "x' UNION SELECT jwk FROM signing_key--",
     "x" * 5000, "\r\nX: y", "/dev/null"],
)  # fmt: skip
def test_key_ids_that_mean_something_elsewhere(
    target: Target, client: Registered, kid: object
) -> None:
    forged = ECKey.generate_key("P-384", private=True)
    header = {**client.header, "alg": "ES384", "kid": kid}
    refused(target, signed(header, client.claims(target.token_url), forged))


def test_a_key_brought_along_in_the_header_is_not_used(target: Target, client: Registered) -> None:
    forged = ECKey.generate_key("P-384", private=True)
    header: dict[str, Any] = {**client.header, "alg": "ES384"}
    header["jwk"] = forged.as_dict(private=False)
    refused(target, signed(header, client.claims(target.token_url), forged))
    header["x5c"] = ["MIIB"]
    refused(target, signed(header, client.claims(target.token_url), forged))


@pytest.mark.parametrize("name", ["jku", "x5u"])
def test_no_address_in_the_header_is_fetched(target: Target, name: str) -> None:
    """A server that fetched it could be sent anywhere inside the network."""
    client = target.register("attacked-ec", "RT1", "provider")
    forged = ECKey.generate_key("P-384", private=True)
    with socket.create_server(("127.0.0.1", 0)) as lure:
        lure.settimeout(0.5)
        for address in (
            f"http://127.0.0.1:{lure.getsockname()[1]}/keys",
            f"http://localhost:{lure.getsockname()[1]}/keys",
        ):
            for header in (client.header, {**client.header, "kid": "other"}):
                refused(
                    target,
                    signed(header | {name: address}, client.claims(target.token_url), forged),
                )
        with pytest.raises(TimeoutError):
            lure.accept()


@pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"b64": False, "crit": ["b64"]}])
def test_a_header_that_demands_an_extension(
    target: Target, client: Registered, header: dict[str, Any]
) -> None:
    parts = signed(client.header, client.claims(target.token_url), client.key).split(".")
    made = unsigned(client.header | header, segments(".".join(parts))[1], parts[2])
    refused(target, made)


def _without(*names: str) -> Change:
    return lambda claims: {name: value for name, value in claims.items() if name not in names}


def _with(**more: object) -> Change:
    return lambda claims: claims | more


def _shifted(**seconds: float) -> Change:
    return lambda claims: claims | {name: time.time() + value for name, value in seconds.items()}


CLAIMS: dict[str, Change] = {
    "no issuer": _without("iss"),
    "no subject": _without("sub"),
    "another subject": _with(sub="provider-RT2"),
    "another issuer": _with(iss="provider-RT2"),
    "nobody we know": _with(iss="nobody", sub="nobody"),
    "issuer that is SQL": _with(iss="' OR '1'='1", sub="' OR '1'='1"),
    "issuer with NUL": _with(iss="a\0b", sub="a\0b"),
    "issuer that is a list": _with(iss=["attacked-ec"], sub=["attacked-ec"]),
    "no audience": _without("aud"),
    "another audience": _with(aud="https://attacker.example/oauth2/token"),
    "audience that only begins like ours": lambda c: c | {"aud": f"{c['aud']}/x"},
    "audience in capitals": lambda c: c | {"aud": str(c["aud"]).upper()},
    "audience of the API": lambda c: c | {"aud": str(c["aud"]).replace("/oauth2/token", "/fhir")},
    "audience that is an object": lambda c: c | {"aud": {"a": c["aud"]}},
    "no expiry": _without("exp"),
    "expired": _shifted(exp=-600),
    "expiry too far": _shifted(exp=3600),
    "expiry that is text": _with(exp="9999999999"),
    "expiry that is true": _with(exp=True),
    "expiry without end": _with(exp=float("inf")),
    "expiry that is no number": _with(exp=float("nan")),
    "not yet valid": _shifted(nbf=600),
    "issued in the future": _shifted(iat=600),
    "no identifier": _without("jti"),
    "empty identifier": _with(jti=""),
    "endless identifier": _with(jti="x" * 3000),
    "identifier with NUL": _with(jti="a\0"),
    "identifier that is a number": _with(jti=1),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_claims_that_are_not_in_order(target: Target, name: str) -> None:
    client = target.register("attacked-ec", "RT1", "provider")
    claims = CLAIMS[name](client.claims(target.token_url))
    refused(target, signed(client.header, claims, client.key))


def test_a_claim_said_twice(target: Target) -> None:
    """Two readers that take different ones would see two different clients."""
    client = target.register("attacked-ec", "RT1", "provider")
    claims = client.claims(target.token_url)
    parts = signed(client.header, claims, client.key).split(".")
    for change in ({"sub": "attacker", "iss": "attacker"}, {"exp": claims["exp"] + 60}):
        refused(target, unsigned(client.header, claims | change, parts[2]))


def test_used_twice(target: Target, client: Registered) -> None:
    assertion = signed(client.header, client.claims(target.token_url), client.key)
    assert target.ask_token(assertion).status_code == 200
    refused(target, assertion)
    refused(target, assertion)


def test_used_many_times_at_once(target: Target) -> None:
    client = target.register("attacked-ec", "RT1", "provider")
    assertion = signed(client.header, client.claims(target.token_url), client.key)
    with ThreadPoolExecutor(8) as threads:
        answers = [answer.status_code for answer in threads.map(target.ask_token, [assertion] * 8)]
    assert sorted(answers) == [200] + [401] * 7


def test_one_identifier_in_two_assertions(target: Target, client: Registered) -> None:
    claims = client.claims(target.token_url)
    assert target.ask_token(signed(client.header, claims, client.key)).status_code == 200
    refused(target, signed(client.header, claims | {"exp": claims["exp"] + 30}, client.key))


def test_an_access_token_is_no_assertion(target: Target) -> None:
    refused(target, target.token("RT1", "provider"))


def test_scopes_beyond_the_role_are_not_granted(target: Target) -> None:
    client = target.register("attacked-ec", "RT1", "provider")
    for scope in ("system/*.cruds", "system/Task.cud", "user/*.*", "system/Bundle.c", "admin"):
        assertion = signed(client.header, client.claims(target.token_url), client.key)
        answer = target.ask_token(assertion, scope=scope)
        granted = answer.json().get("scope", "").split()
        assert answer.status_code in (200, 400), answer.text
        assert not {"system/*.cruds", "system/Task.cud", "system/Bundle.c", "admin"} & set(granted)


def test_fields_beside_the_assertion_decide_nothing(target: Target) -> None:
    client = target.register("attacked-ec", "RT1", "provider")
    assertion = signed(client.header, client.claims(target.token_url), client.key)
    answer = target.ask_token(assertion, organisation="RT2", role="icb", username="x", password="y")
    assert answer.status_code == 200
    _, claims = segments(answer.json()["access_token"])
    assert (claims["organisation"], claims["role"]) == ("RT1", "provider")


def test_garbage(target: Target) -> None:
    for text in ("", ".", "..", "...", "a.b.c", "e30.e30.", "é.é.é", "x" * 20_000, "e30." * 500):
        refused(target, text)
