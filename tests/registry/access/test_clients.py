"""Clients: registered with all that is checked, replaced, and found again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from joserfc.jwk import ECKey
from psycopg import errors
from psycopg.types.json import Jsonb

from registry.access import client_keys, clients
from registry.access.client_error import ClientError
from registry.access.clients import Client

if TYPE_CHECKING:
    from tests.registry.access.conftest import Signer

Connection = psycopg.Connection[Any]


def stored(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT id, organisation, role FROM registry.client").fetchall()


def test_adds_then_replaces(connection: Connection, ec_signer: Signer, rsa_signer: Signer) -> None:
    assert clients.add(connection, "c1", "RXA", "provider", ec_signer.pem) == "added"
    assert clients.add(connection, "c1", "A81001", "gp", rsa_signer.pem) == "replaced"
    assert stored(connection) == [("c1", "A81001", "gp")]
    rows = connection.execute("SELECT kid, is_named FROM registry.client_key").fetchall()
    assert rows == [(rsa_signer.key.thumbprint(), False)]


async def test_finds(
    connection: Connection, database_url: str, ec_signer: Signer, rsa_signer: Signer
) -> None:
    clients.add(connection, "c1", "RXA", "provider", rsa_signer.pem)
    clients.add(connection, "c2", None, "adapter", ec_signer.pem, for_any_organisation=True)
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        one, two = await clients.find(other, "c1"), await clients.find(other, "c2")
        assert await clients.find(other, "c3") is None
    assert one is not None
    assert two is not None
    assert one.client == Client("c1", "RXA", "provider")
    (key,) = one.source.keys
    assert key.key.thumbprint() == rsa_signer.key.thumbprint()
    assert two.client == Client("c2", None, "adapter")


@pytest.mark.parametrize(
    ("client_id", "organisation", "role", "for_any", "said"),
    [
        ("", "RXA", "provider", False, "client id"),
        ("two words", "RXA", "provider", False, "client id"),
        ("x" * 129, "RXA", "provider", False, "client id"),
        ("c1", "RXA", "root", False, "one of adapter, provider"),
        ("c1", None, "provider", False, "needs the ODS code"),
        ("c1", None, "provider", True, "needs the ODS code"),
        ("c1", None, "adapter", False, "needs the ODS code"),
        ("c1", "RXA", "adapter", True, "not both"),
        ("c1", "A81001", "icb", False, "does not fit"),
        ("c1", "A81001", "provider", False, "does not fit"),
        ("c1", "RXA", "national", False, "does not fit"),
    ],
)
def test_refuses(
    connection: Connection,
    ec_signer: Signer,
    client_id: str,
    organisation: str | None,
    role: str,
    for_any: bool,
    said: str,
) -> None:
    with pytest.raises(ClientError, match=said) as caught:
        clients.add(
            connection, client_id, organisation, role, ec_signer.pem, for_any_organisation=for_any
        )
    assert "\n" not in str(caught.value)
    assert stored(connection) == []


def test_refuses_a_private_key_and_keeps_the_old_one(
    connection: Connection, ec_signer: Signer
) -> None:
    clients.add(connection, "c1", "RXA", "provider", ec_signer.pem)
    private = ec_signer.key.as_pem(private=True).decode()
    with pytest.raises(ClientError, match="private key"):
        clients.add(connection, "c1", "RXA", "adapter", private)
    assert stored(connection) == [("c1", "RXA", "provider")]


def test_the_database_itself_refuses_a_private_key(
    connection: Connection, ec_signer: Signer
) -> None:
    clients.add(connection, "c1", "RXA", "provider", ec_signer.pem)
    private = ECKey.generate_key("P-384").as_dict(private=True)
    with pytest.raises(errors.CheckViolation):
        connection.execute(client_keys.PUT, ("c1", "k", True, Jsonb(private)))


def test_a_client_is_shut_out(connection: Connection, ec_signer: Signer) -> None:
    clients.add(connection, "c1", "RXA", "provider", ec_signer.pem)
    ((client, jwks_url, keys),) = clients.listing(connection)
    assert (client, jwks_url, keys) == (Client("c1", "RXA", "provider"), None, 1)
    clients.remove(connection, "c1")
    assert clients.listing(connection) == []
    with pytest.raises(ClientError, match="no such client"):
        clients.remove(connection, "c1")


def test_an_organisation_may_come_to_the_directory_later(
    connection: Connection, ec_signer: Signer
) -> None:
    assert clients.add(connection, "c1", "RZZ", "provider", ec_signer.pem) == "added"
    assert not clients.knows_organisation(connection, "RZZ")
    assert clients.knows_organisation(connection, "RXA")
