"""Clients that publish their keys at an address: fetched when they sign, and only from there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from joserfc.jwk import ECKey

from registry.access import client_keys, clients
from registry.access.jwks.key_sets import ASK_AGAIN, KeySets
from tests.registry.access.jwks.conftest import KeyServer, public, started
from tests.registry.access.test_token_endpoint import ask, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.registry.access.conftest import Clock, Signer


@pytest.fixture
async def key_server() -> AsyncIterator[KeyServer]:
    server = KeyServer()
    listening = await started(server)
    yield server
    listening.close()


@pytest.fixture
def key_sets(key_server: KeyServer, clock: Clock) -> KeySets:
    return KeySets(key_server.fetcher().fetch, clock)


@pytest.fixture
def publisher(
    connection: psycopg.Connection[Any], key_server: KeyServer, ec_signer: Signer
) -> Signer:
    """A client that publishes its key under the name k1, and names it."""
    key_server.keys = [public("k1", ec_key(ec_signer))]
    source = client_keys.from_url(key_server.url)
    clients.add(connection, ec_signer.client_id, "A81001", "gp", source)
    return replace(ec_signer, header={"kid": "k1"})


def ec_key(signer: Signer) -> ECKey:
    assert isinstance(signer.key, ECKey)
    return signer.key


async def is_taken(api: httpx.AsyncClient, signer: Signer, clock: Clock) -> bool:
    return (await ask(api, signer.sign(exp=int(clock.now) + 300))).status_code == 200


async def test_signs_with_what_it_publishes(
    api: httpx.AsyncClient, publisher: Signer, key_server: KeyServer, clock: Clock
) -> None:
    assert await is_taken(api, publisher, clock)
    assert await is_taken(api, publisher, clock)
    assert len(key_server.requests) == 1
    for header in ({}, {"kid": "k2"}):
        assert not await is_taken(api, replace(publisher, header=header), clock)
    stranger = replace(publisher, key=ECKey.generate_key("P-384"))
    assert not await is_taken(api, stranger, clock)


async def test_rotates_by_publishing(
    api: httpx.AsyncClient, publisher: Signer, key_server: KeyServer, clock: Clock
) -> None:
    assert await is_taken(api, publisher, clock)
    new = replace(publisher, key=ECKey.generate_key("P-384"), header={"kid": "k2"})
    key_server.keys.append(public("k2", ec_key(new)))
    clock.now += ASK_AGAIN
    assert await is_taken(api, new, clock)
    assert await is_taken(api, publisher, clock)
    del key_server.keys[0]
    clock.now += 301
    assert not await is_taken(api, publisher, clock)
    assert await is_taken(api, new, clock)


async def test_jku_only_as_registered(
    api: httpx.AsyncClient, publisher: Signer, key_server: KeyServer, clock: Clock
) -> None:
    good: dict[str, object] = {"kid": "k1", "jku": key_server.url}
    assert await is_taken(api, replace(publisher, header=good), clock)
    asked = len(key_server.requests)
    for jku in (f"{key_server.url}2", "test-bad-jku", "https://evil.example/jwks", ""):
        bad: dict[str, object] = {"kid": "k1", "jku": jku}
        assert not await is_taken(api, replace(publisher, header=bad), clock)
    assert len(key_server.requests) == asked


@pytest.mark.usefixtures("registered")
async def test_a_client_with_keys_of_its_own_has_no_jku(
    api: httpx.AsyncClient, ec_signer: Signer, key_server: KeyServer, clock: Clock
) -> None:
    named = replace(ec_signer, header={"jku": key_server.url})
    assert not await is_taken(api, named, clock)
    assert key_server.requests == []


async def test_a_host_that_is_away_looks_like_a_wrong_key(
    api: httpx.AsyncClient, publisher: Signer, key_server: KeyServer, ec_signer: Signer
) -> None:
    async def broken(writer: asyncio.StreamWriter) -> None:
        writer.close()

    key_server.behaviour = broken
    away = await refusal(api, publisher.sign())
    assert away == await refusal(api, replace(ec_signer, client_id="nobody").sign())
    assert away[:2] == (401, "invalid_client")


async def test_no_database_connection_waits_for_a_slow_host(
    api: httpx.AsyncClient,
    publisher: Signer,
    key_server: KeyServer,
    rsa_signer: Signer,
    connection: psycopg.Connection[Any],
) -> None:
    """More clients wait for the slow host than the pool has connections; another gets its token."""
    clients.add(connection, rsa_signer.client_id, "RXA", "provider", rsa_signer.pem)
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(writer: asyncio.StreamWriter) -> None:
        asked.set()
        await go_on.wait()

    key_server.behaviour = slow
    waiting = [asyncio.create_task(ask(api, publisher.sign())) for _ in range(10)]
    await asked.wait()
    assert (await ask(api, rsa_signer.sign())).status_code == 200
    go_on.set()
    answers = await asyncio.gather(*waiting)
    assert {answer.status_code for answer in answers} == {401}
    assert len(key_server.requests) == 1
