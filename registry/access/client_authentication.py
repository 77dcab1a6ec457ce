"""Authenticates a client: its assertion against its registered key, and that it was not used
before."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from functools import cache
from typing import Any, LiteralString

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from joserfc.jwk import ECKey, RSAKey
from psycopg import AsyncConnection

from registry.access import clients, compact
from registry.access.assertion import LEEWAY, Assertion
from registry.access.clients import Client
from registry.access.oauth_error import OAuthError
from registry.access.public_key import PublicKey

# Processes' clocks differ: a row outlives the last moment any of them would take its assertion.
KEPT_AFTER_EXPIRY = LEEWAY + 600

USE: LiteralString = """
    INSERT INTO registry.used_assertion (client_id, jti, expires_at) VALUES (%s, %s, %s)
    ON CONFLICT DO NOTHING RETURNING true
"""
# A few at a time, passing over what another process is removing: no waiting, no deadlock.
FORGET: LiteralString = """
    DELETE FROM registry.used_assertion WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM registry.used_assertion WHERE expires_at < %s
        ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED))
"""


async def authenticate(
    connection: AsyncConnection[Any], assertion: Assertion, now: float
) -> Client:
    """Takes an assertion whose claims are in order and the time in seconds since 1970; returns the
    client that signed it, and uses the assertion up.

    OAuthError invalid_client: not registered or not signed by its key (one answer for both, so that
    nobody learns which clients exist), or used before.
    """
    client = await clients.find(connection, assertion.client_id)
    key = client.key if client else _decoy(assertion.token.algorithm)
    if not compact.is_signed_by(assertion.token, key) or client is None:
        raise OAuthError(
            "invalid_client",
            "client_assertion: the client is not registered, or this is not signed with its key",
        )
    await _use(connection, assertion, now)
    return client


async def _use(connection: AsyncConnection[Any], assertion: Assertion, now: float) -> None:
    expires = datetime.fromtimestamp(assertion.expires + KEPT_AFTER_EXPIRY, UTC)
    async with connection.transaction():
        values = (assertion.client_id, assertion.jti, expires)
        used = await (await connection.execute(USE, values)).fetchone()
        await connection.execute(FORGET, (datetime.fromtimestamp(now, UTC),))
    if used is None:
        raise OAuthError("invalid_client", "client_assertion: its jti was used before")


@cache
def _decoy(algorithm: str) -> PublicKey:
    """A key nobody holds, so that an unknown client costs the same work as a known one."""
    if algorithm in compact.ALGORITHMS["EC"]:
        return ECKey.generate_key("P-384", private=False)
    modulus = secrets.randbits(2048) | 1 << 2047 | 1
    return RSAKey.import_key(RSAPublicNumbers(65537, modulus).public_key())
