"""Registered clients: added, replaced and looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, LiteralString

from psycopg import AsyncConnection, Connection
from psycopg.types.json import Jsonb

from registry.access import public_key
from registry.access.roles import ROLES, Role, is_role

CLIENT_ID = re.compile(r"[!-~]{1,128}")

# A slip here would show one kind of organisation another's view.
TYPES_OF_ROLE: dict[Role, frozenset[str]] = {
    "provider": frozenset({"acute", "mental-health", "community", "medical-examiner"}),
    "gp": frozenset({"gp"}),
    "icb": frozenset({"icb"}),
    "national": frozenset({"national"}),
}

UPSERT: LiteralString = """
    INSERT INTO registry.client (id, organisation, role, key) VALUES (%s, %s, %s, %s)
    ON CONFLICT (id) DO UPDATE
       SET organisation = excluded.organisation, role = excluded.role, key = excluded.key
    RETURNING xmax = 0
"""


class ClientError(ValueError):
    """A client can't be registered so; str() is one line that says what to change."""


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client with its public key; organisation None = an adapter for any."""

    id: str
    organisation: str | None
    role: Role
    key: public_key.PublicKey


def add(
    connection: Connection[Any],
    client_id: str,
    organisation: str | None,
    role: str,
    public_key_pem: str,
    *,
    for_any_organisation: bool = False,
) -> Literal["added", "replaced"]:
    """Takes an id, the ODS code it acts for, its role and its PEM public key; stores the client.

    An id that exists gets the new organisation, role and key at once (how a key is rotated);
    tokens it already holds stay good until they expire, 5 minutes at most. `for_any_organisation`
    allows an adapter without an organisation. ClientError: what is wrong; nothing is stored.
    """
    if not CLIENT_ID.fullmatch(client_id):
        raise ClientError("a client id is 1 to 128 visible ASCII characters without spaces")
    if not is_role(role):
        raise ClientError(f"a role is one of {', '.join(ROLES)}")
    try:
        key = public_key.to_jwk(public_key.read(public_key_pem))
    except public_key.PublicKeyError as error:
        raise ClientError(str(error)) from error
    with connection.transaction():
        _check_organisation(connection, organisation, role, for_any_organisation)
        row = connection.execute(UPSERT, (client_id, organisation, role, Jsonb(key))).fetchone()
    return "added" if row and row[0] else "replaced"


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
    if row is not None and row[0] not in TYPES_OF_ROLE.get(role, {row[0]}):
        raise ClientError(f"role {role} does not fit an organisation of type {row[0]}")


def knows_organisation(connection: Connection[Any], ods: str) -> bool:
    """True if the directory holds the organisation; a client of one it does not hold sees nothing
    until facts name it."""
    query = "SELECT FROM registry.organisation WHERE ods = %s"
    return connection.execute(query, (ods,)).fetchone() is not None


async def find(connection: AsyncConnection[Any], client_id: str) -> Client | None:
    """Returns the client with this id, None where there is none."""
    query = "SELECT id, organisation, role, key FROM registry.client WHERE id = %s"
    row = await (await connection.execute(query, (client_id,))).fetchone()
    return row and Client(row[0], row[1], row[2], public_key.from_jwk(row[3]))
