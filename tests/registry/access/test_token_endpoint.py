"""The token endpoint: who gets a token, with which scopes, and what the others are told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from joserfc.jwk import ECKey

from registry.access import clients
from registry.access.token_request import ASSERTION_TYPE

if TYPE_CHECKING:
    from tests.registry.access.conftest import Clock, Signer

pytestmark = pytest.mark.usefixtures("registered")


async def ask(api: httpx.AsyncClient, assertion: str, **more: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }
    return await api.post("/oauth2/token", data=form | more)


async def refusal(api: httpx.AsyncClient, assertion: str, **more: str) -> tuple[int, str, str]:
    answer = await ask(api, assertion, **more)
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"error", "error_description"}
    return answer.status_code, answer.json()["error"], answer.json()["error_description"]


async def test_a_token_for_each_kind_of_key(
    api: httpx.AsyncClient, ec_signer: Signer, rsa_signer: Signer
) -> None:
    for signer in (ec_signer, rsa_signer):
        answer = await ask(api, signer.sign(), scope="system/*.read", client_id=signer.client_id)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["token_type"] == "bearer"
        assert answer.json()["expires_in"] == 300
        assert "system/Task.rs" in answer.json()["scope"].split()


async def test_the_clients_own_name_for_its_key_is_not_asked_about(
    api: httpx.AsyncClient, ec_signer: Signer
) -> None:
    named = replace(ec_signer, header={"kid": "my-key-1"})
    assert (await ask(api, named.sign())).status_code == 200


async def test_the_token_opens_the_api(api: httpx.AsyncClient, rsa_signer: Signer) -> None:
    token = (await ask(api, rsa_signer.sign())).json()["access_token"]
    answer = await api.get("/fhir/who", headers={"Authorization": f"bearer {token}"})
    assert answer.json() == ["trust-rsa", "RXA", "provider"]


async def test_scopes_are_cut_to_the_role(api: httpx.AsyncClient, ec_signer: Signer) -> None:
    answer = await ask(api, ec_signer.sign(), scope="system/Task.rus system/Flag.rs")
    assert answer.json()["scope"] == "system/Task.rs"
    for scope in ("system/Flag.rs", "system/Dragon.rs", "everything"):
        status, error, _ = await refusal(api, ec_signer.sign(), scope=scope)
        assert (status, error) == (400, "invalid_scope")


async def test_form_and_grant_errors(api: httpx.AsyncClient, ec_signer: Signer) -> None:
    status, error, _ = await refusal(api, ec_signer.sign(), grant_type="password")
    assert (status, error) == (400, "unsupported_grant_type")
    status, error, _ = await refusal(api, "")
    assert (status, error) == (400, "invalid_request")
    answer = await api.post("/oauth2/token", json={"grant_type": "client_credentials"})
    assert answer.json()["error"] == "invalid_request"
    answer = await api.post("/oauth2/token", content=b"x" * 1_000_000)
    assert answer.json()["error"] == "invalid_request"
    assert (await api.get("/oauth2/token")).status_code == 405


async def test_an_unknown_client_and_a_wrong_key_look_the_same(
    api: httpx.AsyncClient, ec_signer: Signer, rsa_signer: Signer
) -> None:
    stranger = replace(ec_signer, client_id="nobody")
    rsa_stranger = replace(rsa_signer, client_id="nobody")
    wrong_key = replace(ec_signer, key=ECKey.generate_key("P-384"))
    other_kind = replace(rsa_signer, client_id=ec_signer.client_id)
    answers = [
        await refusal(api, signer.sign())
        for signer in (stranger, rsa_stranger, wrong_key, other_kind)
    ]
    assert answers[0][:2] == (401, "invalid_client")
    assert len(set(answers)) == 1
    assert "nobody" not in answers[0][2]


async def test_a_client_can_not_speak_for_another(
    api: httpx.AsyncClient, ec_signer: Signer
) -> None:
    for changes in ({"sub": "trust-rsa"}, {"iss": "trust-rsa"}):
        assert (await refusal(api, ec_signer.sign(**changes)))[0] == 401
    both = ec_signer.sign(iss="trust-rsa", sub="trust-rsa")
    assert (await refusal(api, both))[0] == 401
    assert (await refusal(api, ec_signer.sign(), client_id="trust-rsa"))[0] == 401


@pytest.mark.parametrize(
    "changes", [{"aud": "https://other.example/token"}, {"exp": 1}, {"exp": 1_800_003_600}]
)
async def test_a_broken_rule_is_named(
    api: httpx.AsyncClient, ec_signer: Signer, changes: dict[str, object]
) -> None:
    status, error, said = await refusal(api, ec_signer.sign(**changes))
    assert (status, error) == (401, "invalid_client")
    assert next(iter(changes)) in said


async def test_an_assertion_is_good_once(
    api: httpx.AsyncClient, ec_signer: Signer, rsa_signer: Signer
) -> None:
    assertion = ec_signer.sign(jti="one")
    assert (await ask(api, assertion)).status_code == 200
    assert "used before" in (await refusal(api, assertion))[2]
    assert "used before" in (await refusal(api, ec_signer.sign(jti="one")))[2]
    assert (await ask(api, rsa_signer.sign(jti="one"))).status_code == 200


async def test_a_refused_assertion_uses_up_no_jti(
    api: httpx.AsyncClient, ec_signer: Signer
) -> None:
    forged = replace(ec_signer, key=ECKey.generate_key("P-384")).sign(jti="one")
    assert (await refusal(api, forged))[0] == 401
    assert (await ask(api, ec_signer.sign(jti="one"))).status_code == 200


async def test_used_assertions_are_forgotten_once_nobody_would_take_them(
    api: httpx.AsyncClient,
    ec_signer: Signer,
    clock: Clock,
    registered: psycopg.Connection[Any],
) -> None:
    count = "SELECT count(*) FROM registry.used_assertion"
    for jti in ("one", "two"):
        await ask(api, ec_signer.sign(jti=jti))
    clock.now += 359
    assert "used before" in (await refusal(api, ec_signer.sign(jti="one")))[2]
    assert registered.execute(count).fetchone() == (2,)
    clock.now += 700
    await ask(api, ec_signer.sign(exp=clock.now + 60))
    assert registered.execute(count).fetchone() == (1,)


async def test_a_replaced_key_counts_at_once(
    api: httpx.AsyncClient, ec_signer: Signer, registered: psycopg.Connection[Any]
) -> None:
    new = ECKey.generate_key("P-384")
    pem = new.as_pem(private=False).decode()
    clients.add(registered, ec_signer.client_id, "A81001", "gp", pem)
    assert (await refusal(api, ec_signer.sign()))[0] == 401
    assert (await ask(api, replace(ec_signer, key=new).sign())).status_code == 200


async def test_discovery(api: httpx.AsyncClient) -> None:
    """SMART App Launch 2.2, "Conformance": what a server for backend services must say; no issuer,
    because nobody signs in here."""
    here = await api.get("/.well-known/smart-configuration")
    there = await api.get("/fhir/.well-known/smart-configuration")
    assert here.headers["content-type"] == "application/json"
    assert here.json() == there.json()
    assert here.json() == {
        "token_endpoint": "http://127.0.0.1:8080/oauth2/token",
        "jwks_uri": "http://127.0.0.1:8080/oauth2/jwks",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES384", "RS384", "RS512"],
        "scopes_supported": here.json()["scopes_supported"],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }
    assert "system/Task.rus" in here.json()["scopes_supported"]


async def test_published_keys_are_public(api: httpx.AsyncClient) -> None:
    (key,) = (await api.get("/oauth2/jwks")).json()["keys"]
    assert key["alg"] == "ES384"
    assert "d" not in key
