"""Authenticates a client: its assertion against its registered keys, and that it was not used
before."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from functools import cache
from typing import Any, LiteralString

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from joserfc.jwk import ECKey, RSAKey
from psycopg_pool import AsyncConnectionPool

from registry.access import clients, compact
from registry.access.assertion import LEEWAY, Assertion
from registry.access.client_keys import KeySource
from registry.access.clients import Client
from registry.access.jwks.fetching import JwksUnavailable
from registry.access.jwks.key_sets import KeySets
from registry.access.oauth_error import OAuthError
from registry.access.public_key import unnamed
from registry.access.verification_key import VerificationKey, candidates

# Processes' clocks differ: a row outlives the last moment any of them would take its assertion.
KEPT_AFTER_EXPIRY = LEEWAY + 600

# No row where another process used it before, or where the client was removed a moment ago.
USE: LiteralString = """
    INSERT INTO registry.used_assertion (client_id, jti, expires_at)
    SELECT id, %s, %s FROM registry.client WHERE id = %s
    ON CONFLICT DO NOTHING RETURNING true
"""
# A few at a time, passing over what another process is removing: no waiting, no deadlock.
FORGET: LiteralString = """
    DELETE FROM registry.used_assertion WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM registry.used_assertion WHERE expires_at < %s
        ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED))
"""


class ClientAuthentication:
    """Knows the clients of the database and, for those that publish their keys, the key sets."""

    def __init__(self, pool: AsyncConnectionPool[Any], key_sets: KeySets) -> None:
        self._pool = pool
        self._key_sets = key_sets

    async def authenticate(self, assertion: Assertion, now: float) -> Client:
        """Takes an assertion whose claims are in order and the time in seconds since 1970; returns
        the client that signed it, and uses the assertion up.

        OAuthError invalid_client: not registered or not signed by a key of it (one answer for
        both, so that nobody learns which clients exist), or used before.
        """
        async with self._pool.connection() as connection:
            found = await clients.find(connection, assertion.client_id)
        # No connection is held while others' servers are asked.
        keys = await self._keys(found.source, assertion.token) if found else []
        tried = keys or [_decoy(assertion.token.algorithm)]
        verdicts = [compact.is_signed_by(assertion.token, key) for key in tried]
        if not keys or not any(verdicts) or found is None:
            raise OAuthError(
                "invalid_client",
                "client_assertion: the client is not registered, or this is not signed with its "
                "key",
            )
        await self._use(assertion, now)
        return found.client

    async def _keys(self, source: KeySource, token: compact.Compact) -> list[VerificationKey]:
        # SMART App Launch 2.2: a jku that is not the one registered ends the verification.
        if token.key_address is not None and token.key_address != source.jwks_url:
            return []
        keys = source.keys
        if source.jwks_url is not None:
            try:
                keys = await self._key_sets.keys(source.jwks_url, token.kid)
            except JwksUnavailable:
                return []
        return candidates(keys, token.kid, token.algorithm)

    async def _use(self, assertion: Assertion, now: float) -> None:
        expires = datetime.fromtimestamp(assertion.expires + KEPT_AFTER_EXPIRY, UTC)
        async with self._pool.connection() as connection, connection.transaction():
            values = (assertion.jti, expires, assertion.client_id)
            used = await (await connection.execute(USE, values)).fetchone()
            await connection.execute(FORGET, (datetime.fromtimestamp(now, UTC),))
        if used is None:
            raise OAuthError("invalid_client", "client_assertion: its jti was used before")


@cache
def _decoy(algorithm: str) -> VerificationKey:
    """A key nobody holds, so that an unknown client costs the same work as a known one."""
    if algorithm == "ES384":
        return unnamed(ECKey.generate_key("P-384", private=False))
    modulus = secrets.randbits(2048) | 1 << 2047 | 1
    return unnamed(RSAKey.import_key(RSAPublicNumbers(65537, modulus).public_key()))
