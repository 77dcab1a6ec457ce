"""Changes the registry's signing keys while its processes run; they notice within a minute."""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from registry.access.key_schedule import ANNOUNCED, Scheduled, SigningKey, scheduled
from registry.access.signing_keys import ADD, LOCK, READ, new_key, stored


class RotationError(ValueError):
    """The keys can't be changed so; str() is one line that says why."""


def listing(connection: Connection[Any], now: float) -> list[Scheduled]:
    """Takes the time in seconds since 1970; returns all keys in the order in which they sign."""
    return scheduled([stored(row) for row in connection.execute(READ).fetchall()], now)


def rotate(connection: Connection[Any], now: float) -> SigningKey:
    """Takes the time in seconds since 1970; adds a key, published at once, that signs ANNOUNCED
    seconds from now (at once where it is the first), and erases those whose time is over.
    RotationError: one is announced already."""
    with connection.transaction():
        connection.execute(LOCK)
        keys = listing(connection, now)
        if any(one.state == "announced" for one in keys):
            raise RotationError("a new key is announced already; `lfd keys list` shows from when")
        for one in keys:
            if one.state == "expired":
                _erase(connection, one.key.kid)
        return _add(connection, now + ANNOUNCED if keys else now)


def retire(connection: Connection[Any], kid: str, now: float) -> SigningKey | None:
    """Takes a kid and the time in seconds since 1970; erases the key: what it signed is not
    accepted any more. Where it was the one that signs, returns the new one that does in its place,
    at once. RotationError: there is no such key."""
    with connection.transaction():
        connection.execute(LOCK)
        found = [one for one in listing(connection, now) if one.key.kid == kid]
        if not found:
            raise RotationError("there is no key of that kid; `lfd keys list` shows them")
        _erase(connection, kid)
        return _add(connection, now) if found[0].state == "signing" else None


def _erase(connection: Connection[Any], kid: str) -> None:
    connection.execute("DELETE FROM registry.signing_key WHERE kid = %s", (kid,))


def _add(connection: Connection[Any], signs_from: float) -> SigningKey:
    key = SigningKey(new_key(), signs_from)
    connection.execute(ADD, (key.kid, Jsonb(key.key.as_dict(private=True)), signs_from))
    return key
