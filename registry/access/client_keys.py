"""The keys of registered clients: kept, added, taken away, found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.types.json import Jsonb

from registry.access import public_key
from registry.access.client_error import ClientError
from registry.access.compact import ACCEPTED
from registry.access.jwks import key_set
from registry.access.public_key import PublicKeyError
from registry.access.verification_key import VerificationKey
from registry.outgoing.address import AddressError, parse

MAX_KEYS = 8
"""An assertion without a name that we know costs a look at each key of its client."""

PUT: LiteralString = """
    INSERT INTO registry.client_key (client_id, kid, is_named, jwk) VALUES (%s, %s, %s, %s)
    ON CONFLICT (client_id, kid) DO UPDATE SET is_named = excluded.is_named, jwk = excluded.jwk
"""


@dataclass(frozen=True, slots=True)
class KeySource:
    """What proves a client: keys of its own, or the address where it publishes them."""

    keys: tuple[VerificationKey, ...] = ()
    jwks_url: str | None = None


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as it is shown: `is_named` where the client chose the kid."""

    kid: str
    kind: str
    is_named: bool
    added_at: datetime


def from_pem(pem: str, kid: str | None = None) -> KeySource:
    """Takes a PEM public key, and the kid that the client calls it by (None: it may call it
    anything); returns it as a source. ClientError: it can't be used."""
    try:
        key = public_key.unnamed(public_key.read(pem))
        if kid is not None:
            key = key_set.key({**key.key.as_dict(private=False), "kid": kid})
    except PublicKeyError as error:
        raise ClientError(str(error)) from error
    return KeySource((key,))


def from_jwks(text: str) -> KeySource:
    """Takes a JSON Web Key Set; returns its keys as a source. ClientError: any can't be used."""
    try:
        keys = key_set.read(text)
    except PublicKeyError as error:
        raise ClientError(str(error)) from error
    if not all(key.algorithms & ACCEPTED for key in keys):
        raise ClientError(f"a key is for none of {', '.join(sorted(ACCEPTED))}")
    return KeySource(keys)


def from_url(url: str) -> KeySource:
    """Takes the address of a set; returns it as a source, nothing fetched. ClientError: it is not
    an address that keys are fetched from."""
    try:
        parse(url)
    except AddressError as error:
        raise ClientError(f"the JWKS address can't be used: {error}") from error
    return KeySource(jwks_url=url)


def put(connection: Connection[Any], client_id: str, keys: Iterable[VerificationKey]) -> None:
    """Takes a client that is there and keys; stores them beside those it has. ClientError: that
    would be too many."""
    for one in keys:
        jwk = dict(one.key.as_dict(private=False))
        if len(one.algorithms) == 1:
            jwk["alg"] = next(iter(one.algorithms))
        kid = one.name or one.key.thumbprint()
        connection.execute(PUT, (client_id, kid, one.name is not None, Jsonb(jwk | {"kid": kid})))
    query = "SELECT count(*) FROM registry.client_key WHERE client_id = %s"
    row = connection.execute(query, (client_id,)).fetchone()
    if row is not None and row[0] > MAX_KEYS:
        raise ClientError(f"a client has {MAX_KEYS} keys at most: remove one it no longer uses")


def stored(rows: Sequence[tuple[bool, dict[str, object]]]) -> tuple[VerificationKey, ...]:
    """Takes `is_named` and `jwk` of stored keys; returns the keys."""
    keys = [(is_named, key_set.key(jwk)) for is_named, jwk in rows]
    return tuple(
        key if is_named else VerificationKey(key.key, None, key.algorithms)
        for is_named, key in keys
    )


def add(connection: Connection[Any], client_id: str, keys: Collection[VerificationKey]) -> None:
    """Takes a client and further keys; from now on it may sign with those too. ClientError: there
    is no such client, it publishes its keys at an address, or it would have too many."""
    with connection.transaction():
        _check_has_keys(connection, client_id)
        put(connection, client_id, keys)


def remove(connection: Connection[Any], client_id: str, kid: str) -> None:
    """Takes a client and one of its keys; from now on it gets no token with it. ClientError: no
    such client or key, or it is the last."""
    with connection.transaction():
        _check_has_keys(connection, client_id)
        kids = {key.kid for key in listing(connection, client_id)}
        if kid not in kids:
            raise ClientError("it has no key of that kid (`lfd client key list` shows them)")
        if len(kids) == 1:
            raise ClientError(
                "it is its last key: add the new one first, or shut the client out with "
                "`lfd client remove`"
            )
        query = "DELETE FROM registry.client_key WHERE client_id = %s AND kid = %s"
        connection.execute(query, (client_id, kid))


def listing(connection: Connection[Any], client_id: str) -> list[ListedKey]:
    """Returns a client's own keys, oldest first; none for one that publishes them."""
    query = """
        SELECT kid, jwk ->> 'kty', is_named, added_at FROM registry.client_key
        WHERE client_id = %s ORDER BY added_at, kid
    """
    return [ListedKey(*row) for row in connection.execute(query, (client_id,)).fetchall()]


def _check_has_keys(connection: Connection[Any], client_id: str) -> None:
    """Locks the client too: of two that remove its last two keys, one has to see the other."""
    query = "SELECT jwks_url FROM registry.client WHERE id = %s FOR UPDATE"
    row = connection.execute(query, (client_id,)).fetchone()
    if row is None:
        raise ClientError("there is no such client")
    if row[0] is not None:
        raise ClientError("it publishes its keys at its JWKS address: change them there")
