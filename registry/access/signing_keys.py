"""The keys that sign access tokens: in the database, so that all processes share them.

The newest signs; every one in the table verifies.
"""

from __future__ import annotations

import asyncio
from typing import Any, LiteralString, cast

from joserfc.jwk import ECKey
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

READ: LiteralString = "SELECT jwk FROM registry.signing_key ORDER BY created_at, kid"
LOCK: LiteralString = "SELECT pg_advisory_xact_lock(hashtextextended('registry.signing_key', 0))"
ADD: LiteralString = "INSERT INTO registry.signing_key (kid, jwk) VALUES (%s, %s)"


class SigningKeys:
    """The signing keys as this process knows them; reads the table anew for a kid it does not
    know."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._keys: dict[str, ECKey] = {}
        self._reading = asyncio.Lock()

    async def newest(self) -> ECKey:
        """Returns the key to sign with; makes the first one where there is none yet."""
        if not self._keys:
            await self._read()
        return list(self._keys.values())[-1]

    async def named(self, kid: str) -> ECKey | None:
        """Returns the key with this kid, None where the database has none either."""
        if kid not in self._keys:
            await self._read()
        return self._keys.get(kid)

    async def public(self) -> list[dict[str, object]]:
        """Returns the public JSON Web Keys, as `/oauth2/jwks` shows them."""
        await self.newest()
        return [dict(key.as_dict(private=False)) for key in self._keys.values()]

    async def _read(self) -> None:
        # One reader at a time: a flood of unknown kids must not take the whole pool.
        async with self._reading, self._pool.connection() as connection, connection.transaction():
            keys = await _stored(connection)
            if not keys:
                await connection.execute(LOCK)
                keys = await _stored(connection) or [await _first(connection)]
        self._keys = {str(key.kid): key for key in keys}


async def _stored(connection: AsyncConnection[Any]) -> list[ECKey]:
    rows = await (await connection.execute(READ)).fetchall()
    return [ECKey.import_key(cast(dict[str, str | list[str]], jwk)) for (jwk,) in rows]


async def _first(connection: AsyncConnection[Any]) -> ECKey:
    key = ECKey.generate_key("P-384", {"use": "sig", "alg": "ES384"}, auto_kid=True)
    await connection.execute(ADD, (key.kid, Jsonb(key.as_dict(private=True))))
    return key
