"""Clients and signing keys of a database from before a client could have several keys."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from joserfc.jwk import ECKey
from psycopg.types.json import Jsonb

from postgres.embedded import EmbeddedServer, ensure_database
from postgres.migrate import migrate
from registry.access import client_keys, signing_key_rotation
from registry.access.clients import Client, find

if TYPE_CHECKING:
    from tests.registry.access.conftest import Signer

NUMBER = "0009"


async def test_they_stay(
    registry_server: EmbeddedServer, tmp_path: Path, ec_signer: Signer
) -> None:
    ensure_database(registry_server, "keys_before")
    url = registry_server.url("keys_before")
    signing = ECKey.generate_key("P-384", auto_kid=True)
    jwk = {**ec_signer.key.as_dict(private=False), "kid": ec_signer.key.thumbprint()}
    with as_file(files("registry") / "schema") as schema:
        for script in schema.glob("*.sql"):
            if script.name < NUMBER:
                shutil.copy(script, tmp_path)
        with psycopg.connect(url) as connection:
            migrate(connection, "registry", tmp_path)
            connection.execute(
                "INSERT INTO registry.client (id, organisation, role, key)"
                " VALUES ('c1', 'RXA', 'provider', %s)",
                (Jsonb(jwk),),
            )
            connection.execute(
                "INSERT INTO registry.signing_key (kid, jwk, created_at)"
                " VALUES (%s, %s, now() - interval '1 year')",
                (signing.kid, Jsonb(signing.as_dict(private=True))),
            )
            connection.commit()
            migrate(connection, "registry", schema)
            (listed,) = client_keys.listing(connection, "c1")
            (signs,) = signing_key_rotation.listing(connection, 1.8e9)
    assert (listed.kid, listed.is_named) == (ec_signer.key.thumbprint(), False)
    assert (signs.key.kid, signs.state) == (signing.kid, "signing")
    async with await psycopg.AsyncConnection.connect(url) as other:
        found = await find(other, "c1")
    assert found is not None
    assert found.client == Client("c1", "RXA", "provider")
    (key,) = found.source.keys
    assert (key.name, key.key.thumbprint()) == (None, ec_signer.key.thumbprint())
