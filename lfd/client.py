"""`lfd client`: who may call the registry."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from psycopg import Connection

from lfd.failure import Failure
from lfd.place import database
from lfd.reading import read_text
from registry import database as registry_database
from registry.access import client_keys, clients
from registry.access.client_error import ClientError
from registry.access.client_keys import KeySource


def run(chosen: Namespace) -> int:
    """Takes the action and its arguments; does it."""
    actions = {"add": _add, "list": _list, "remove": _remove}
    with database(chosen, makes=chosen.action == "add") as url:
        registry_database.prepare(url)
        with registry_database.connect(url) as connection:
            actions[chosen.action](connection, chosen)
    return 0


def key_source(chosen: Namespace, kid: str | None = None) -> KeySource:
    """Takes the options --public-key and --jwks, and the key's name if it was given; returns the
    keys. Failure: a file can't be read. ClientError: a key can't be used."""
    if chosen.jwks is not None:
        return client_keys.from_jwks(read_text(chosen.jwks))
    return client_keys.from_pem(read_text(chosen.public_key), kid)


def _add(connection: Connection[Any], chosen: Namespace) -> None:
    try:
        published = chosen.jwks_url is not None
        source = client_keys.from_url(chosen.jwks_url) if published else key_source(chosen)
        done = clients.add(connection, chosen.id, chosen.organisation, chosen.role, source)
    except ClientError as error:
        raise Failure(f"client {chosen.id} was not added: {error}") from error
    if not clients.knows_organisation(connection, chosen.organisation):
        print(
            f"note: {chosen.organisation} is not in the directory yet; "
            "load it with `lfd organisation load`"
        )
    if published:
        print("note: the registry fetches its keys only if it was started with --jwks-host for it")
    print(f"{done} {chosen.id} for {chosen.organisation} as {chosen.role}")


def _list(connection: Connection[Any], _: Namespace) -> None:
    for client, jwks_url, keys in clients.listing(connection):
        where = jwks_url or f"{keys} key{'' if keys == 1 else 's'}"
        print(f"{client.id}  {client.organisation or 'any'}  {client.role}  {where}")


def _remove(connection: Connection[Any], chosen: Namespace) -> None:
    try:
        clients.remove(connection, chosen.id)
    except ClientError as error:
        raise Failure(f"client {chosen.id} was not removed: {error}") from error
    print(f"removed {chosen.id}; a token it has lasts five minutes at most")
