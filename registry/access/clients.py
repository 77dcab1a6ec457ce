"""Registered clients: added, replaced, removed and looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, LiteralString

from psycopg import AsyncConnection, Connection

from registry.access import client_keys
from registry.access.client_error import ClientError
from registry.access.client_keys import KeySource
from registry.access.organisation_roles import fits
from registry.access.roles import ROLES, Role, is_role

CLIENT_ID = re.compile(r"[!-~]{1,128}")

UPSERT: LiteralString = """
    INSERT INTO registry.client (id, organisation, role, jwks_url) VALUES (%s, %s, %s, %s)
    ON CONFLICT (id) DO UPDATE
       SET organisation = excluded.organisation, role = excluded.role, jwks_url = excluded.jwks_url
    RETURNING xmax = 0
"""
FIND: LiteralString = """
    SELECT client.id, client.organisation, client.role, client.jwks_url,
           array(SELECT is_named FROM registry.client_key WHERE client_id = id ORDER BY kid),
           array(SELECT jwk FROM registry.client_key WHERE client_id = id ORDER BY kid)
    FROM registry.client WHERE id = %s
"""


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client: whom it acts for (None = an adapter for any organisation), as what."""

    id: str
    organisation: str | None
    role: Role


@dataclass(frozen=True, slots=True)
class Registration:
    """A client, and what proves that somebody is it."""

    client: Client
    source: KeySource


def add(
    connection: Connection[Any],
    client_id: str,
    organisation: str | None,
    role: str,
    keys: str | KeySource,
    *,
    for_any_organisation: bool = False,
) -> Literal["added", "replaced"]:
    """Takes an id, the ODS code it acts for, its role, and its keys (or its PEM public key); stores
    the client.

    An id that exists gets the new organisation, role and keys at once, and loses the old ones;
    tokens it already holds stay good until they expire, 5 minutes at most. `for_any_organisation`
    allows an adapter without an organisation. ClientError: what is wrong; nothing is stored.
    """
    if not CLIENT_ID.fullmatch(client_id):
        raise ClientError("a client id is 1 to 128 visible ASCII characters without spaces")
    if not is_role(role):
        raise ClientError(f"a role is one of {', '.join(ROLES)}")
    source = client_keys.from_pem(keys) if isinstance(keys, str) else keys
    with connection.transaction():
        _check_organisation(connection, organisation, role, for_any_organisation)
        values = (client_id, organisation, role, source.jwks_url)
        row = connection.execute(UPSERT, values).fetchone()
        connection.execute("DELETE FROM registry.client_key WHERE client_id = %s", (client_id,))
        client_keys.put(connection, client_id, source.keys)
    return "added" if row and row[0] else "replaced"


def remove(connection: Connection[Any], client_id: str) -> None:
    """Takes a client; from now on it gets no token. ClientError: there is no such client."""
    with connection.transaction():
        gone = connection.execute("DELETE FROM registry.client WHERE id = %s", (client_id,))
        if not gone.rowcount:
            raise ClientError("there is no such client")


def listing(connection: Connection[Any]) -> list[tuple[Client, str | None, int]]:
    """Returns all clients by id, each with its JWKS address or the number of its own keys."""
    rows = connection.execute("""
        SELECT id, organisation, role, jwks_url,
               (SELECT count(*) FROM registry.client_key WHERE client_id = id)
        FROM registry.client ORDER BY id
    """).fetchall()
    return [(Client(*row[:3]), row[3], row[4]) for row in rows]


def _check_organisation(
    connection: Connection[Any], organisation: str | None, role: Role, for_any: bool
) -> None:
    if organisation is None:
        if not for_any or role != "adapter":
            raise ClientError("a client needs the ODS code of the organisation it acts for")
        return
    if for_any:
        raise ClientError("a client acts for one organisation or for any, not both")
    query = "SELECT type FROM registry.organisation WHERE ods = %s"
    row = connection.execute(query, (organisation,)).fetchone()
    if row is not None and not fits(role, row[0]):
        raise ClientError(f"role {role} does not fit an organisation of type {row[0]}")


def knows_organisation(connection: Connection[Any], ods: str) -> bool:
    """True if the directory holds the organisation; a client of one it does not hold sees nothing
    until facts name it."""
    query = "SELECT FROM registry.organisation WHERE ods = %s"
    return connection.execute(query, (ods,)).fetchone() is not None


async def find(connection: AsyncConnection[Any], client_id: str) -> Registration | None:
    """Returns the client with this id and what proves it, None where there is none."""
    row = await (await connection.execute(FIND, (client_id,))).fetchone()
    if row is None:
        return None
    keys = client_keys.stored(list(zip(row[4], row[5], strict=True)))
    return Registration(Client(row[0], row[1], row[2]), KeySource(keys, row[3]))
