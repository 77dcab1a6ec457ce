"""The keys that sign access tokens: in the database, so that all processes share them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, LiteralString, cast

from joserfc.jwk import ECKey
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from registry.access.key_schedule import Scheduled, SigningKey, scheduled

REFRESH = 60.0
"""Seconds after which a process reads the keys anew: so late may it hear of a key taken away."""

READ: LiteralString = "SELECT jwk, extract(epoch FROM signs_from)::float8 FROM registry.signing_key"
LOCK: LiteralString = "SELECT pg_advisory_xact_lock(hashtextextended('registry.signing_key', 0))"
ADD: LiteralString = """
    INSERT INTO registry.signing_key (kid, jwk, signs_from) VALUES (%s, %s, to_timestamp(%s))
"""


def new_key() -> ECKey:
    """Returns a new key pair for ES384."""
    return ECKey.generate_key("P-384", {"use": "sig", "alg": "ES384"}, auto_kid=True)


def stored(row: tuple[Any, ...]) -> SigningKey:
    """Takes a row of READ; returns the key."""
    return SigningKey(ECKey.import_key(cast(dict[str, str | list[str]], row[0])), row[1])


class SigningKeys:
    """The signing keys as this process knows them, read anew each minute and for a kid it does not
    know; `clock` gives seconds since 1970."""

    def __init__(self, pool: AsyncConnectionPool[Any], clock: Callable[[], float]) -> None:
        self._pool = pool
        self._clock = clock
        self._keys: list[SigningKey] = []
        self._read_at = float("-inf")
        self._reads_begun = 0
        self._reading = asyncio.Lock()

    async def newest(self) -> ECKey:
        """Returns the key to sign with; makes the first one where there is none yet."""
        return next(one.key.key for one in await self._now() if one.state == "signing")

    async def named(self, kid: str) -> ECKey | None:
        """Returns the key with this kid, None where the database has none either, or its time is
        over."""
        if (found := await self._accepted(kid)) is None:
            await self._read()
            found = await self._accepted(kid)
        return found

    async def public(self) -> list[dict[str, object]]:
        """Returns the public JSON Web Keys, as `/oauth2/jwks` shows them."""
        return [
            dict(one.key.key.as_dict(private=False))
            for one in await self._now()
            if one.state != "expired"
        ]

    async def _accepted(self, kid: str) -> ECKey | None:
        # An announced key too: another process may find by its clock that its time has come.
        known = {one.key.kid: one for one in await self._now()}
        found = known.get(kid)
        return found.key.key if found is not None and found.state != "expired" else None

    async def _now(self) -> list[Scheduled]:
        if not 0 <= self._clock() - self._read_at < REFRESH:
            await self._read()
        return scheduled(self._keys, self._clock())

    async def _read(self) -> None:
        """Reads the table. One reader at a time, and whoever waited for one that began after it
        asked is content: a flood of unknown kids must not take the whole pool."""
        begun = self._reads_begun
        async with self._reading:
            if self._reads_begun > begun:
                return
            self._reads_begun += 1
            asked_at = self._clock()
            async with self._pool.connection() as connection, connection.transaction():
                keys = await _stored(connection)
                if not keys:
                    await connection.execute(LOCK)
                    keys = await _stored(connection) or [await _first(connection, asked_at)]
            self._keys, self._read_at = keys, asked_at


async def _stored(connection: AsyncConnection[Any]) -> list[SigningKey]:
    return [stored(row) for row in await (await connection.execute(READ)).fetchall()]


async def _first(connection: AsyncConnection[Any], now: float) -> SigningKey:
    key = SigningKey(new_key(), now)
    await connection.execute(ADD, (key.kid, Jsonb(key.key.as_dict(private=True)), now))
    return key
