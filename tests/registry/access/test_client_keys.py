"""A client's keys: added, named, changed without a moment in which none is good, and taken away."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from joserfc.jwk import ECKey, RSAKey

from registry.access import client_keys, clients
from registry.access.client_error import ClientError
from registry.access.client_keys import MAX_KEYS, KeySource
from tests.registry.access.test_token_endpoint import ask

if TYPE_CHECKING:
    from tests.registry.access.conftest import Signer

Connection = psycopg.Connection[Any]


def jwks(**keys: ECKey | RSAKey) -> str:
    return json.dumps(
        {"keys": [dict(key.as_dict(private=False)) | {"kid": kid} for kid, key in keys.items()]}
    )


def pem(key: ECKey) -> str:
    return key.as_pem(private=False).decode()


def kids(connection: Connection, client_id: str) -> list[str]:
    return [key.kid for key in client_keys.listing(connection, client_id)]


def ec_key(signer: Signer) -> ECKey:
    assert isinstance(signer.key, ECKey)
    return signer.key


async def is_taken(api: httpx.AsyncClient, signer: Signer, kid: str | None = None) -> bool:
    header: dict[str, object] = {} if kid is None else {"kid": kid}
    answer = await ask(api, replace(signer, header=header).sign())
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


async def test_changing_keys_without_downtime(
    api: httpx.AsyncClient, registered: Connection, ec_signer: Signer
) -> None:
    new = replace(ec_signer, key=ECKey.generate_key("P-384"))
    assert not await is_taken(api, new)
    client_keys.add(registered, "clinic-ec", client_keys.from_pem(pem(ec_key(new))).keys)
    assert await is_taken(api, ec_signer)
    assert await is_taken(api, new)
    assert await is_taken(api, new, kid="whatever-it-is-called")
    client_keys.remove(registered, "clinic-ec", ec_signer.key.thumbprint())
    assert not await is_taken(api, ec_signer)
    assert await is_taken(api, new)


async def test_named_keys_are_taken_by_their_names(
    api: httpx.AsyncClient, connection: Connection, ec_signer: Signer
) -> None:
    other = replace(ec_signer, key=ECKey.generate_key("P-384"))
    source = client_keys.from_jwks(jwks(one=ec_key(ec_signer), two=ec_key(other)))
    clients.add(connection, "clinic-ec", "A81001", "gp", source)
    assert await is_taken(api, ec_signer, "one")
    assert await is_taken(api, other, "two")
    for signer, kid in ((ec_signer, "two"), (other, "one"), (ec_signer, None), (other, "three")):
        assert not await is_taken(api, signer, kid)


async def test_a_pem_key_with_a_name(
    api: httpx.AsyncClient, connection: Connection, ec_signer: Signer
) -> None:
    clients.add(
        connection, "clinic-ec", "A81001", "gp", client_keys.from_pem(ec_signer.pem, "k-2027")
    )
    (listed,) = client_keys.listing(connection, "clinic-ec")
    assert (listed.kid, listed.kind, listed.is_named) == ("k-2027", "EC", True)
    assert await is_taken(api, ec_signer, "k-2027")
    assert not await is_taken(api, ec_signer, "k-2026")


async def test_another_clients_key_of_the_same_name(
    api: httpx.AsyncClient, connection: Connection, ec_signer: Signer
) -> None:
    theirs = ECKey.generate_key("P-384")
    clients.add(
        connection, "clinic-ec", "A81001", "gp", client_keys.from_jwks(jwks(k=ec_key(ec_signer)))
    )
    clients.add(connection, "trust", "RXA", "provider", client_keys.from_jwks(jwks(k=theirs)))
    assert await is_taken(api, ec_signer, "k")
    assert not await is_taken(api, replace(ec_signer, client_id="trust"), "k")
    assert not await is_taken(api, replace(ec_signer, key=theirs), "k")


async def test_the_algorithm_a_key_names_is_the_only_one(
    api: httpx.AsyncClient, connection: Connection, rsa_signer: Signer
) -> None:
    jwk = dict(rsa_signer.key.as_dict(private=False)) | {"kid": "k", "alg": "RS384"}
    source = client_keys.from_jwks(json.dumps({"keys": [jwk]}))
    clients.add(connection, "trust-rsa", "RXA", "provider", source)
    assert await is_taken(api, replace(rsa_signer, algorithm="RS384"), "k")
    assert not await is_taken(api, rsa_signer, "k")


def test_the_last_key_stays(registered: Connection, ec_signer: Signer) -> None:
    (kid,) = kids(registered, "clinic-ec")
    with pytest.raises(ClientError, match="last key"):
        client_keys.remove(registered, "clinic-ec", kid)
    with pytest.raises(ClientError, match="no key of that kid"):
        client_keys.remove(registered, "clinic-ec", "other")
    assert kids(registered, "clinic-ec") == [kid]


def test_not_more_than_a_few_keys(registered: Connection) -> None:
    many = {f"k{number}": ECKey.generate_key("P-384") for number in range(MAX_KEYS)}
    with pytest.raises(ClientError, match="at most"):
        client_keys.add(registered, "clinic-ec", client_keys.from_jwks(jwks(**many)).keys)
    assert len(kids(registered, "clinic-ec")) == 1
    many.popitem()
    client_keys.add(registered, "clinic-ec", client_keys.from_jwks(jwks(**many)).keys)
    assert len(kids(registered, "clinic-ec")) == MAX_KEYS


def test_nothing_is_added_to_who_is_not_there_or_publishes_its_keys(
    connection: Connection, ec_signer: Signer
) -> None:
    keys = client_keys.from_pem(ec_signer.pem).keys
    with pytest.raises(ClientError, match="no such client"):
        client_keys.add(connection, "nobody", keys)
    source = client_keys.from_url("https://keys.example/jwks")
    clients.add(connection, "c1", "RXA", "provider", source)
    with pytest.raises(ClientError, match="JWKS address"):
        client_keys.add(connection, "c1", keys)
    ((_, jwks_url, count),) = clients.listing(connection)
    assert (jwks_url, count) == ("https://keys.example/jwks", 0)


def test_replacing_a_client_replaces_where_its_keys_are(
    registered: Connection, ec_signer: Signer
) -> None:
    source = KeySource(jwks_url="https://keys.example/jwks")
    clients.add(registered, "clinic-ec", "A81001", "gp", source)
    assert kids(registered, "clinic-ec") == []
    clients.add(registered, "clinic-ec", "A81001", "gp", ec_signer.pem)
    assert kids(registered, "clinic-ec") == [ec_signer.key.thumbprint()]
    assert [url for client, url, _ in clients.listing(registered) if client.id == "clinic-ec"] == [
        None
    ]


@pytest.mark.parametrize("url", ["http://keys.example/jwks", "keys.example", "https://a@b.c/"])
def test_an_address_that_keys_are_not_fetched_from(url: str) -> None:
    with pytest.raises(ClientError, match="JWKS address"):
        client_keys.from_url(url)


def test_keys_that_no_accepted_algorithm_is_for() -> None:
    with pytest.raises(ClientError, match="none of ES384, RS384, RS512"):
        client_keys.from_jwks(jwks(k=ECKey.generate_key("P-256")))
    with pytest.raises(ClientError, match="kid"):
        client_keys.from_pem(pem(ECKey.generate_key("P-384")), "")
