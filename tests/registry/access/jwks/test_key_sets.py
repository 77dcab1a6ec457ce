"""Key sets as they are kept: fetched when needed, not too often, and never used too long."""

from __future__ import annotations

import asyncio

import pytest
from joserfc.jwk import ECKey

from registry.access.jwks.fetching import Fetched, JwksUnavailable
from registry.access.jwks.key_sets import ASK_AGAIN, KeySets
from registry.access.public_key import algorithms
from registry.access.verification_key import VerificationKey

URL = "https://keys.example/jwks"
KEY = ECKey.generate_key("P-384", private=False)


class Publisher:
    """Publishes keys by name, is away at times, and counts who asks; its own clock."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.keep = 300.0
        self.asked = 0
        self.is_away = False
        self.now = 1000.0
        self.sets = KeySets(self.fetch, lambda: self.now)

    async def fetch(self, url: str) -> Fetched:
        self.asked += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise JwksUnavailable("away")
        keys = [VerificationKey(KEY, name, algorithms(KEY)) for name in self.names]
        return Fetched(tuple(keys), self.keep)

    async def known(self, kid: str | None) -> list[str | None]:
        return [key.name for key in await self.sets.keys(URL, kid)]


async def test_asks_once_while_they_are_good() -> None:
    publisher = Publisher("a")
    for _ in range(3):
        assert await publisher.known("a") == ["a"]
    publisher.now += 299
    await publisher.known("a")
    assert publisher.asked == 1
    publisher.now += 1
    await publisher.known("a")
    assert publisher.asked == 2


async def test_many_at_once_ask_once() -> None:
    publisher = Publisher("a")
    found = await asyncio.gather(*(publisher.known("a") for _ in range(50)))
    assert found == [["a"]] * 50
    assert publisher.asked == 1


async def test_a_new_key_is_found_by_its_name() -> None:
    publisher = Publisher("a")
    await publisher.known("a")
    publisher.names = ("a", "b")
    publisher.now += ASK_AGAIN
    assert await publisher.known("b") == ["a", "b"]


async def test_names_nobody_has_make_nobody_ask_often() -> None:
    publisher = Publisher("a")
    for number in range(100):
        assert await publisher.known(f"made-up-{number}") == ["a"]
    assert publisher.asked == 1
    publisher.now += ASK_AGAIN
    for number in range(100):
        await publisher.known(f"made-up-{number}")
    await publisher.known(None)
    assert publisher.asked == 2


async def test_a_key_taken_out_is_gone_when_the_set_is_too_old() -> None:
    publisher = Publisher("a", "b")
    assert await publisher.known("a") == ["a", "b"]
    publisher.names = ("b",)
    publisher.now += 300
    assert await publisher.known("a") == ["b"]


async def test_keys_too_old_are_not_used_though_their_host_is_away() -> None:
    publisher = Publisher("a")
    await publisher.known("a")
    publisher.is_away = True
    publisher.now += 299
    assert await publisher.known("b") == ["a"], "the good ones stay though a fetch failed"
    publisher.now += 1
    with pytest.raises(JwksUnavailable, match="away"):
        await publisher.known("a")
    asked = publisher.asked
    with pytest.raises(JwksUnavailable):
        await publisher.known("a")
    assert publisher.asked == asked, "who is away is not asked again at once"
    publisher.is_away = False
    publisher.now += ASK_AGAIN
    assert await publisher.known("a") == ["a"]
