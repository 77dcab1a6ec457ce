"""Signing keys changed under running processes: no good token refused, no retired key accepted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from registry.access import scopes, signing_key_rotation
from registry.access.clients import Client
from registry.access.key_schedule import ANNOUNCED, KEPT
from registry.access.signing_key_rotation import RotationError
from registry.access.signing_keys import REFRESH
from registry.access.token_refusal import InvalidToken
from registry.access.tokens import AccessTokens

if TYPE_CHECKING:
    from tests.registry.access.conftest import Clock

CLIENT = Client("c1", "A81001", "gp")
GRANTED = scopes.OF_ROLE["gp"]


async def published(tokens: AccessTokens) -> list[object]:
    return [key["kid"] for key in await tokens.keys.public()]


async def refused(tokens: AccessTokens, text: str) -> str:
    with pytest.raises(InvalidToken) as caught:
        await tokens.verify(text)
    return caught.value.why


async def test_published_before_it_signs_and_accepted_after_it_did(
    tokens: AccessTokens,
    pool: AsyncConnectionPool[Any],
    connection: psycopg.Connection[Any],
    clock: Clock,
) -> None:
    other = AccessTokens(tokens.settings, pool, clock)
    old = (await tokens.keys.newest()).kid
    new = signing_key_rotation.rotate(connection, clock.now).kid
    for process in (tokens, other):
        clock.now += REFRESH
        assert await published(process) == [old, new]
        assert (await process.keys.newest()).kid == old
    clock.now += ANNOUNCED - 2 * REFRESH - 1
    last = await tokens.issue(CLIENT, GRANTED)
    clock.now += 1
    assert (await other.keys.newest()).kid == new
    first = await other.issue(CLIENT, GRANTED)
    for text in (first, last):
        assert await tokens.verify(text) == await other.verify(text)
    clock.now += 299 - 1
    await other.verify(last)
    clock.now += KEPT
    assert await published(other) == [new]


async def test_a_process_that_has_not_noticed_yet_accepts_the_new_key(
    tokens: AccessTokens,
    pool: AsyncConnectionPool[Any],
    connection: psycopg.Connection[Any],
    clock: Clock,
) -> None:
    old = str((await tokens.keys.newest()).kid)
    instead = signing_key_rotation.retire(connection, old, clock.now)
    assert instead is not None
    other = AccessTokens(tokens.settings, pool, clock)
    assert await tokens.verify(await other.issue(CLIENT, GRANTED))


async def test_a_retired_key_is_refused_within_a_minute_even_where_its_token_is_remembered(
    tokens: AccessTokens, connection: psycopg.Connection[Any], clock: Clock
) -> None:
    text = await tokens.issue(CLIENT, GRANTED)
    await tokens.verify(text)
    kid = str((await tokens.keys.newest()).kid)
    assert signing_key_rotation.retire(connection, kid, clock.now)
    clock.now += REFRESH
    assert await refused(tokens, text) == "invalid"
    assert kid not in await published(tokens)
    assert await tokens.verify(await tokens.issue(CLIENT, GRANTED))


def test_rotating(connection: psycopg.Connection[Any], clock: Clock) -> None:
    first = signing_key_rotation.rotate(connection, clock.now)
    assert first.signs_from == clock.now, "the first has nobody to take over from"
    second = signing_key_rotation.rotate(connection, clock.now)
    assert second.signs_from == clock.now + ANNOUNCED
    with pytest.raises(RotationError, match="announced already"):
        signing_key_rotation.rotate(connection, clock.now)
    clock.now += ANNOUNCED + KEPT
    third = signing_key_rotation.rotate(connection, clock.now)
    found = signing_key_rotation.listing(connection, clock.now)
    assert [(one.key.kid, one.state) for one in found] == [
        (second.kid, "signing"),
        (third.kid, "announced"),
    ]


def test_retiring(connection: psycopg.Connection[Any], clock: Clock) -> None:
    signing = signing_key_rotation.rotate(connection, clock.now).kid
    announced = signing_key_rotation.rotate(connection, clock.now).kid
    assert signing_key_rotation.retire(connection, announced, clock.now) is None
    instead = signing_key_rotation.retire(connection, signing, clock.now)
    assert instead is not None
    (left,) = signing_key_rotation.listing(connection, clock.now)
    assert (left.key.kid, left.state, left.ends) == (instead.kid, "signing", None)
    with pytest.raises(RotationError, match="no key of that kid"):
        signing_key_rotation.retire(connection, signing, clock.now)


async def test_a_flood_of_unknown_kids_reads_the_table_a_few_times(
    tokens: AccessTokens, pool: AsyncConnectionPool[Any]
) -> None:
    await tokens.keys.newest()
    before = pool.get_stats().get("requests_num", 0)
    found = await asyncio.gather(*(tokens.keys.named(f"made-up-{n}") for n in range(200)))
    reads = pool.get_stats()["requests_num"] - before
    assert set(found) == {None}
    assert 1 <= reads <= 3
