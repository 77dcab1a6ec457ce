"""Access tokens: verified for whom they were issued, and refused when anything about them is
off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from psycopg_pool import AsyncConnectionPool

from registry.access import scopes, signing_key_rotation
from registry.access.caller import Caller
from registry.access.clients import Client
from registry.access.remembered import LIMIT, Remembered
from registry.access.settings import AccessSettings
from registry.access.token_refusal import InvalidToken
from registry.access.tokens import AccessTokens

if TYPE_CHECKING:
    from tests.registry.access.conftest import Clock, Signer

GRANTED = scopes.OF_ROLE["gp"]


@pytest.fixture
def client() -> Client:
    return Client("c1", "A81001", "gp")


async def refused(tokens: AccessTokens, text: str) -> str:
    with pytest.raises(InvalidToken) as caught:
        await tokens.verify(text)
    return caught.value.why


async def test_says_whom_it_was_issued_to(tokens: AccessTokens, client: Client) -> None:
    text = await tokens.issue(client, GRANTED)
    expected = Caller("c1", "A81001", "gp", GRANTED)
    assert await tokens.verify(text) == expected
    assert await tokens.verify(text) == expected


async def test_an_adapter_for_any_organisation(tokens: AccessTokens) -> None:
    anyone = Client("laptop", None, "adapter")
    caller = await tokens.verify(await tokens.issue(anyone, scopes.OF_ROLE["adapter"]))
    assert (caller.organisation, caller.role) == (None, "adapter")


async def test_expires(tokens: AccessTokens, client: Client, clock: Clock) -> None:
    text = await tokens.issue(client, GRANTED)
    unread = await tokens.issue(client, GRANTED)
    clock.now += 299
    await tokens.verify(text)
    clock.now += 1
    assert await refused(tokens, text) == "expired"
    assert await refused(tokens, text) == "expired"
    assert await refused(tokens, unread) == "expired"


async def test_is_for_one_registry(
    tokens: AccessTokens, client: Client, pool: AsyncConnectionPool[Any], clock: Clock
) -> None:
    other = AccessTokens(AccessSettings.at("https://other.example"), pool, clock)
    assert await refused(other, await tokens.issue(client, GRANTED)) == "invalid"


async def test_another_process_reads_a_key_it_does_not_know(
    tokens: AccessTokens,
    client: Client,
    pool: AsyncConnectionPool[Any],
    clock: Clock,
    connection: psycopg.Connection[Any],
) -> None:
    old = await tokens.issue(client, GRANTED)
    new = signing_key_rotation.retire(connection, str((await tokens.keys.newest()).kid), clock.now)
    assert new is not None
    other = AccessTokens(tokens.settings, pool, clock)
    text = await other.issue(client, GRANTED)
    assert jwt.decode(text, new.key, algorithms=["ES384"]).header["kid"] == new.kid
    assert await tokens.verify(text) == await other.verify(text)
    assert await refused(other, old) == "invalid"


async def test_many_processes_share_one_first_key(
    pool: AsyncConnectionPool[Any], clock: Clock, client: Client
) -> None:
    settings = AccessSettings.at("http://127.0.0.1:8080")
    many = [AccessTokens(settings, pool, clock) for _ in range(8)]
    texts = await asyncio.gather(*(one.issue(client, GRANTED) for one in many))
    assert len({(await one.keys.newest()).kid for one in many}) == 1
    assert len({await many[0].verify(text) for text in texts}) == 1


async def test_confusions(
    tokens: AccessTokens, client: Client, ec_signer: Signer, segment: Callable[[object], str]
) -> None:
    good = await tokens.issue(client, GRANTED)
    head, body, signature = good.split(".")
    key = await tokens.keys.newest()
    claims = jwt.decode(good, key, algorithms=["ES384"]).claims

    def forged(key: ECKey | OctKey, **header: object) -> str:
        names = {"alg": "ES384", "kid": str(header.get("kid", ""))} | header
        return jwt.encode(names, claims, key, algorithms=["ES384", "HS256"])

    secret = OctKey.import_key(b"-" + key.as_pem(private=False).replace(b"-----", b""))
    none = segment({"alg": "none", "kid": key.kid})
    raised = segment(claims | {"role": "provider"})
    for text in (
        forged(ECKey.generate_key("P-384"), kid=key.kid),
        forged(ECKey.generate_key("P-384"), kid="unknown"),
        forged(secret, alg="HS256", kid=key.kid),
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{segment({'alg': 'ES384'})}.{body}.{signature}",
        f"{segment({'alg': 'ES384', 'kid': key.kid})}.{body}.{signature}",
        f"{head}.{raised}.{signature}",
        good[:-4],
        good + "A" * 9000,
        ec_signer.sign(),
        "opaque",
    ):
        assert await refused(tokens, text) == "invalid"
    assert await tokens.verify(good)


async def test_claims_of_a_wrong_shape(tokens: AccessTokens) -> None:
    key = await tokens.keys.newest()
    base = {"iss": tokens.settings.base_url, "aud": tokens.settings.fhir_url}
    header = {"alg": "ES384", "kid": key.kid}
    text = jwt.encode(header, base | {"sub": "c1", "role": "root"}, key, algorithms=["ES384"])
    assert await refused(tokens, text) == "invalid"


def test_remembers_no_more_than_its_limit() -> None:
    remembered = Remembered()
    caller = Caller("c1", "A81001", "gp", GRANTED)
    for number in range(LIMIT + 3):
        remembered.put(str(number), caller, number)
    assert len(remembered) == LIMIT
    assert remembered.get("2", 0) is None
    assert remembered.get("3", 2) == caller
    assert remembered.get("3", 3) is None


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "opaque", "Bearer a.b.c"]
)
async def test_a_request_without_a_good_token(api: httpx.AsyncClient, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = await api.get("/fhir/who", headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {"code": "login"}
    assert answer.headers["www-authenticate"].startswith("Bearer realm=")
    assert ("invalid_token" in answer.headers["www-authenticate"]) == (header == "Bearer a.b.c")


async def test_two_tokens_in_one_request(
    api: httpx.AsyncClient, tokens: AccessTokens, client: Client
) -> None:
    text = f"Bearer {await tokens.issue(client, scopes.OF_ROLE['provider'])}"
    both = [("Authorization", text), ("Authorization", text)]
    assert (await api.get("/fhir/who", headers=both[:1])).status_code == 200
    assert (await api.get("/fhir/who", headers=both)).status_code == 401


async def test_expired_and_too_narrow(
    api: httpx.AsyncClient, tokens: AccessTokens, client: Client, clock: Clock
) -> None:
    headers = {"Authorization": f"Bearer {await tokens.issue(client, GRANTED)}"}
    answer = await api.get("/fhir/who", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    clock.now += 300
    answer = await api.get("/fhir/who", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "expired")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
